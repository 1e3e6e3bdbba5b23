/// The fixed part of the table: hooks, and the maps that the ruleset fills.
///
/// Modelled on the tasks that the Kubernetes documentation gives to a service proxy ("Virtual IPs
/// and Service Proxies"); syntax: nft(8).
package struct BaseTable: Sendable, Equatable {
    /// An empty chain whose presence tells that `route_localnet` was off before us.
    static let restoreMark = "restore-route-localnet"

    /// Its first rule names the service range, so that a table tells what it was made for.
    static let refusingChain = "unanswered"

    package var name: String
    package var podCIDR: String
    package var serviceCIDR: String
    package var restoresRouteLocalnet: Bool

    package init(name: String, podCIDR: String, serviceCIDR: String, restoresRouteLocalnet: Bool) {
        self.name = name
        self.podCIDR = podCIDR
        self.serviceCIDR = serviceCIDR
        self.restoresRouteLocalnet = restoresRouteLocalnet
    }

    /// Commands that put the table in the place of what has its name, with `content`, at once: the
    /// kernel switches from the old rules to the new ones between two packets, and connections that
    /// exist keep their translation.
    package func replacement(content: Ruleset) -> String {
        "table inet \(name)\ndelete table inet \(name)\n" + definition + content.transaction(from: Ruleset(), table: name)
    }

    private var definition: String {
        """
        table inet \(name) {
          map service-addresses { type ipv4_addr . inet_proto . inet_service : verdict; }
          map node-ports { type inet_proto . inet_service : verdict; }
          set refused-addresses { type ipv4_addr . inet_proto . inet_service; }
          set refused-node-ports { type inet_proto . inet_service; }
          set hairpins { type ipv4_addr . ipv4_addr; }
        \(restoresRouteLocalnet ? "  chain \(Self.restoreMark) {}\n" : "")
          chain services {
            ip daddr . meta l4proto . th dport vmap @service-addresses
            meta nfproto ipv4 fib daddr type local meta l4proto . th dport vmap @node-ports
          }
          chain nat-prerouting {
            type nat hook prerouting priority -100
            jump services
          }
          chain nat-output {
            type nat hook output priority -100
            jump services
          }
          # A masqueraded connection has the node as its source: the answer comes back through it.
          chain nat-postrouting {
            type nat hook postrouting priority 100
            ip saddr . ip daddr @hairpins ct status dnat masquerade
            ip saddr 127.0.0.0/8 oifname != "lo" ct status dnat masquerade
            ip saddr \(podCIDR) ip daddr != \(podCIDR) oifname != "lo" masquerade
            ip saddr != \(podCIDR) ip daddr != \(podCIDR) oifname != "lo" ct status dnat masquerade
          }

          chain refuse {
            meta l4proto tcp reject with tcp reset
            reject
          }
          # What is still addressed to a service here has no endpoint, or no such port.
          chain \(Self.refusingChain) {
            ip daddr \(serviceCIDR) goto refuse
            ip daddr . meta l4proto . th dport @refused-addresses goto refuse
          }
          chain filter-forward {
            type filter hook forward priority 0
            ct state invalid ip saddr \(podCIDR) drop
            ct state invalid ip daddr \(podCIDR) drop
            jump \(Self.refusingChain)
          }
          chain filter-output {
            type filter hook output priority 0
            jump \(Self.refusingChain)
          }
          chain filter-input {
            type filter hook input priority 0
            iifname != "lo" ip daddr 127.0.0.0/8 ct status ! dnat drop
            jump \(Self.refusingChain)
            meta nfproto ipv4 meta l4proto . th dport @refused-node-ports goto refuse
          }
        }

        """
    }
}
