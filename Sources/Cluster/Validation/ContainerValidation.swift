import APIMachinery

extension Validation {
    /// What a container's rules need to know of its pod.
    struct ContainerContext {
        var volumeNames: Set<String>
        var claimBackedVolumes: Set<String>
        var isInit = false
    }

    /// One container of a list; names and host ports are checked by the caller, across lists.
    static func checkContainer(_ container: Field, _ context: ContainerContext, _ errors: inout Errors) {
        errors.named(container["name"], .dnsLabel)
        let image = container["image"]
        if image.isEmpty {
            errors.required(image)
        } else if image.text.first?.isWhitespace == true || image.text.last?.isWhitespace == true {
            errors.invalid(image, "must not have leading or trailing whitespace")
        }
        errors.oneOf(container["imagePullPolicy"], ["Always", "IfNotPresent", "Never"])
        errors.oneOf(container["terminationMessagePolicy"], ["File", "FallbackToLogsOnError"])
        checkPorts(container["ports"], &errors)
        for variable in container["env"].elements { checkVariable(variable, &errors) }
        for source in container["envFrom"].elements { checkEnvironmentSource(source, &errors) }
        checkMounts(container, context, &errors)
        checkResources(container["resources"], &errors)

        let isSidecar = context.isInit && container["restartPolicy"].text == "Always"
        for key in ["livenessProbe", "readinessProbe", "startupProbe"] where container[key].isPresent {
            if context.isInit && !isSidecar {
                errors.forbidden(container[key], "may not be set for init containers without restartPolicy=Always")
            } else {
                checkProbe(container[key], isReadiness: key == "readinessProbe", &errors)
            }
        }
        let lifecycle = container["lifecycle"]
        if lifecycle.isPresent, context.isInit, !isSidecar {
            errors.forbidden(lifecycle, "may not be set for init containers without restartPolicy=Always")
        } else {
            for key in ["postStart", "preStop"] where lifecycle[key].isPresent {
                checkHandler(lifecycle[key], kinds: ["exec", "httpGet", "tcpSocket", "sleep"], &errors)
            }
        }
        let context = container["securityContext"]
        if context["privileged"].bool == true, context["allowPrivilegeEscalation"].bool == false {
            errors.invalid(context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
        }
    }

    private static func checkPorts(_ ports: Field, _ errors: inout Errors) {
        var names: Set<String> = []
        for port in ports.elements {
            if !port["name"].isEmpty {
                errors.format(port["name"], .portName)
                if !names.insert(port["name"].text).inserted { errors.duplicate(port["name"]) }
            }
            if !port["containerPort"].isPresent {
                errors.required(port["containerPort"])
            } else {
                checkPortNumber(port["containerPort"], &errors)
            }
            if let hostPort = port["hostPort"].int, hostPort != 0 { checkPortNumber(port["hostPort"], &errors) }
            errors.oneOf(port["protocol"], ["SCTP", "TCP", "UDP"])
        }
    }

    static func checkPortNumber(_ port: Field, _ errors: inout Errors) {
        guard let number = port.int else { return }
        if !(1...65_535).contains(number) { errors.invalid(port, "must be between 1 and 65535, inclusive") }
    }

    /// A port by number or, for a container's own ports, by name.
    static func checkPortReference(_ port: Field, _ errors: inout Errors) {
        if port.int != nil { checkPortNumber(port, &errors) } else { errors.format(port, .portName) }
    }

    private static func checkVariable(_ variable: Field, _ errors: inout Errors) {
        errors.named(variable["name"], .environmentName)
        let source = variable["valueFrom"]
        guard source.isPresent else { return }
        let given = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"].filter {
            source[$0].isPresent
        }
        if given.isEmpty {
            errors.invalid(
                source, "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
                value: "")
        } else if !variable["value"].isEmpty {
            errors.invalid(source, "may not be specified when `value` is not empty", value: "")
        } else if given.count > 1 {
            errors.invalid(source, "may not have more than one field specified at a time", value: "")
        }
        if source["fieldRef"].isPresent { checkFieldReference(source["fieldRef"], paths: environmentFieldPaths, &errors) }
        if source["resourceFieldRef"].isPresent { errors.requiredText(source["resourceFieldRef"]["resource"]) }
        for key in ["configMapKeyRef", "secretKeyRef"] where source[key].isPresent {
            errors.requiredText(source[key]["name"])
            errors.named(source[key]["key"], .configKey)
        }
    }

    private static let environmentFieldPaths = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
        "status.hostIPs", "status.podIP", "status.podIPs",
    ]

    /// `fieldPath` of a variable or a downward API file; both also take `metadata.labels['k']` and `metadata.annotations['k']`.
    static func checkFieldReference(_ reference: Field, paths: [String], _ errors: inout Errors) {
        let path = reference["fieldPath"]
        guard !path.isEmpty else { return errors.required(path) }
        let isSubscript =
            ["metadata.labels['", "metadata.annotations['"].contains { path.text.hasPrefix($0) } && path.text.hasSuffix("']")
        if !isSubscript, !paths.contains(path.text) { errors.unsupported(path, paths) }
    }

    private static func checkEnvironmentSource(_ source: Field, _ errors: inout Errors) {
        if !source["prefix"].isEmpty { errors.format(source["prefix"], .environmentName) }
        let given = ["configMapRef", "secretRef"].filter { source[$0].isPresent }
        if given.isEmpty {
            errors.invalid(source, "must specify one of: `configMapRef` or `secretRef`", value: "")
        } else if given.count > 1 {
            errors.invalid(source, "may not have more than one field specified at a time", value: "")
        }
        for key in given { errors.named(source[key]["name"], .dnsSubdomain) }
    }

    private static func checkMounts(_ container: Field, _ context: ContainerContext, _ errors: inout Errors) {
        var paths: Set<String> = []
        for mount in container["volumeMounts"].elements {
            if mount["name"].isEmpty {
                errors.required(mount["name"])
            } else if !context.volumeNames.contains(mount["name"].text) {
                errors.notFound(mount["name"])
            }
            let path = mount["mountPath"]
            if path.isEmpty {
                errors.required(path)
            } else if !paths.insert(path.text).inserted {
                errors.invalid(path, "must be unique")
            }
            for key in ["subPath", "subPathExpr"] where !mount[key].isEmpty { checkRelativePath(mount[key], &errors) }
            if !mount["subPath"].isEmpty, !mount["subPathExpr"].isEmpty {
                errors.invalid(mount["subPathExpr"], "subPathExpr and subPath are mutually exclusive")
            }
            errors.oneOf(mount["mountPropagation"], ["Bidirectional", "HostToContainer", "None"])
            if mount["mountPropagation"].text == "Bidirectional", container["securityContext"]["privileged"].bool != true {
                errors.forbidden(
                    mount["mountPropagation"], "Bidirectional mount propagation is available only to privileged containers")
            }
        }
        for device in container["volumeDevices"].elements {
            if device["name"].isEmpty {
                errors.required(device["name"])
            } else if !context.claimBackedVolumes.contains(device["name"].text) {
                errors.invalid(
                    device["name"], "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
            }
            if device["devicePath"].isEmpty { errors.required(device["devicePath"]) }
        }
    }

    /// Relative, and without a `..` step.
    static func checkRelativePath(_ path: Field, _ errors: inout Errors) {
        if path.text.hasPrefix("/") { errors.invalid(path, "must be a relative path") }
        if path.text.split(separator: "/").contains("..") { errors.invalid(path, "must not contain '..'") }
    }
}

extension Validation.Errors {
    /// A text that must be given.
    mutating func requiredText(_ field: Validation.Field) {
        if field.isEmpty { required(field) }
    }
}
