import APIMachinery

/// A definition that uses what definitions can say.
enum WidgetDefinition {
    static let type = ResourceType(
        group: "example.com", version: "v1", kind: "Widget", plural: "widgets", shortNames: ["wd"], subresources: ["status", "scale"])
    static let path = "/apis/example.com/v1/namespaces/default/widgets"

    static let schema: JSON = [
        "type": "object",
        "properties": [
            "spec": [
                "type": "object", "required": ["size"],
                "properties": [
                    "size": ["type": "integer", "minimum": 1, "maximum": 10, "description": "How large the widget is."],
                    "color": ["type": "string", "default": "red", "enum": ["red", "green"]],
                    "name": ["type": "string", "pattern": "^[a-z]+$", "maxLength": 8],
                    "replicas": ["type": "integer"],
                    "port": ["x-kubernetes-int-or-string": true],
                    "free": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                    "labels": ["type": "object", "additionalProperties": ["type": "string"]],
                    "tags": ["type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "set"],
                    "parts": [
                        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                        "items": [
                            "type": "object", "required": ["name"],
                            "properties": ["name": ["type": "string"], "count": ["type": "integer", "default": 1], "note": ["type": "string"]],
                        ],
                    ],
                    "template": [
                        "type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true,
                    ],
                ],
            ],
            "status": [
                "type": "object", "properties": ["replicas": ["type": "integer"], "selector": ["type": "string"], "ready": ["type": "string"]],
            ],
        ],
    ]

    static func version(_ name: String, schema: JSON = schema, isStorage: Bool = true, _ others: JSONObject = [:]) -> JSON {
        var version: JSONObject = [
            "name": .string(name), "served": true, "storage": .bool(isStorage), "schema": ["openAPIV3Schema": schema],
            "subresources": [
                "status": [:],
                "scale": ["specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas", "labelSelectorPath": ".status.selector"],
            ],
            "selectableFields": [["jsonPath": ".spec.color"]],
            "additionalPrinterColumns": [
                ["name": "Size", "type": "integer", "jsonPath": ".spec.size"],
                ["name": "First", "type": "string", "jsonPath": ".spec.parts[?(@.count>1)].name", "description": "A part of which there are several."],
                ["name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"],
            ],
        ]
        for member in others { version[member.key] = member.value }
        return .object(version)
    }

    static func definition(
        plural: String = "widgets", kind: String = "Widget", shortNames: [String] = ["wd"], versions: [JSON] = [version("v1")]
    ) -> Object {
        Object(
            .customResourceDefinitions, name: "\(plural).example.com",
            [
                "spec": [
                    "group": "example.com", "scope": "Namespaced", "versions": .array(versions),
                    "names": [
                        "plural": .string(plural), "singular": .string(kind.lowercased()), "kind": .string(kind), "shortNames": JSON(shortNames),
                    ],
                ]
            ])
    }

    static func widget(_ name: String, _ spec: JSON = ["size": 3], version: String = "v1") -> Object {
        var object = Object(type, namespace: "default", name: name, ["spec": spec])
        object["apiVersion"] = .string("\(type.group)/\(version)")
        return object
    }
}
