import APIMachinery
import Testing

import gitctl

@Suite("Output", .timeLimit(.minutes(1)))
struct OutputTests {
    @Test("columns are as wide as their widest cell")
    func table() {
        let table = Table(["KIND", "NAME"], rows: [["Deployment", "web"], ["Pod", "a-long-name"]])
        #expect(table.rendered() == "KIND         NAME\nDeployment   web\nPod          a-long-name")
    }

    @Test("on a narrow terminal the last column is cut")
    func narrow() {
        let table = Table(["NAME", "REASON"], rows: [["web", "the image cannot be pulled"]])
        #expect(table.rendered(width: 20) == "NAME   REASON\nweb    the image ca…")
    }

    @Test("a newline in a cell does not break the row")
    func newline() {
        #expect(Table(["A"], rows: [["x\ny"]]).rendered() == "A\nx y")
    }

    @Test("colours go around the text, not into the widths")
    func colors() {
        let table = Table(["A", "B"], rows: [[Table.Cell("x", .green), "y"]])
        #expect(table.rendered(style: .colored) == "\u{1B}[2mA\u{1B}[0m   \u{1B}[2mB\u{1B}[0m\n\u{1B}[32mx\u{1B}[0m   y")
    }

    @Test(
        "colours need a terminal that knows them, and no NO_COLOR",
        arguments: [(true, nil, "xterm", Style.colored), (true, "", "xterm", .colored), (true, "1", "xterm", .plain), (false, nil, "xterm", .plain), (true, nil, "dumb", .plain)]
            as [(Bool, String?, String?, Style)])
    func style(isTerminal: Bool, noColor: String?, term: String?, style: Style) {
        #expect(Style.chosen(isTerminal: isTerminal, noColor: noColor, term: term) == style)
    }

    @Test("ages are written as kubectl does", arguments: [(5, "5s"), (119, "119s"), (125, "2m5s"), (3600, "60m"), (12_000, "3h20m"), (100_000, "27h"), (864_000, "10d")])
    func ages(seconds: Int, text: String) {
        #expect(age(.seconds(seconds)) == text)
    }

    @Test("without a terminal, progress is a line for each new state")
    func plainProgress() {
        var progress = ProgressText(Terminal(isTerminal: false))
        #expect(progress.show("applying") == "applying\n")
        #expect(progress.show("applying", [.init("Deployment web", "0/2")]) == "  Deployment web: 0/2\n")
        #expect(progress.tick() == "")
        #expect(progress.show("applying", [.init("Deployment web", "0/2")]) == "")
        #expect(progress.show("rolling out", [.init("Deployment web", "2/2", isDone: true)]) == "  Deployment web: 2/2\n")
        // Back and forth is no news.
        #expect(progress.show("applying", [.init("Deployment web", "0/2")]) == "")
        #expect(progress.note("warning: x") == "warning: x\n")
        #expect(progress.end("done") == "done\n")
    }

    @Test("on a terminal, progress is a block that is drawn over")
    func terminalProgress() {
        var progress = ProgressText(Terminal(isTerminal: true, width: 40))
        #expect(progress.show("applying", [.init("Deployment web", "0/2")]) == "⠋ applying\n  · Deployment web  0/2\n")
        #expect(progress.tick() == "\u{1B}[2A\u{1B}[J⠙ applying\n  · Deployment web  0/2\n")
        #expect(progress.note("warning: x") == "\u{1B}[2A\u{1B}[Jwarning: x\n⠙ applying\n  · Deployment web  0/2\n")
        #expect(progress.end(nil) == "\u{1B}[2A\u{1B}[J")
        #expect(progress.end(nil) == "")
    }

    @Test("a failure says what to do")
    func failure() {
        let failure = Failure("port 6443 is in use", hints: ["choose another with --listen"])
        #expect(failure.rendered(.plain) == "error: port 6443 is in use\nhint: choose another with --listen")
    }

    @Test("a log line cannot be forged from inside a message")
    func logLine() {
        let line = LogLine(
            time: Timestamp(nanoseconds: 1_767_323_045_678_000_000), level: .info, label: "agent", message: "pulled\nerror: fake",
            fields: [("pod", "default/web"), ("image", "a \"b\"")])
        #expect(line.description == "2026-01-02T03:04:05.678Z info   agent: pulled\\nerror: fake image=\"a \\\"b\\\"\" pod=default/web")
    }
}
