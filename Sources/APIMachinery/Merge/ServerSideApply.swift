/// Server-side apply: the fields that a manager states are merged into the live object, what it no
/// longer states and no one else owns is removed, and what another owns with another value is a
/// conflict. Plain writes are tracked too. Source: KEP-555; structured-merge-diff, merge.
package enum ServerSideApply {
    /// The owner of an object's fields from before they were tracked.
    private static let unknownManager = "before-first-apply"

    /// Merges `configuration` into `live` (nil: creates it). The answer is `live` itself when nothing
    /// changes, its times included. Neither admission nor defaulting has seen the answer.
    ///
    /// A configuration's `status` counts only for the subresource `status`, and then it alone.
    /// Throws `conflict` with a cause for each field that another manager owns, unless `force`;
    /// `badRequest` for a list whose items cannot be told apart.
    package static func apply(
        _ configuration: Object, to live: Object?, manager: String, force: Bool, subresource: String, now: Timestamp,
        schema: SchemaNode?
    ) throws(APIStatus) -> Object {
        let config = try stated(by: configuration, subresource: subresource, schema)
        let identity = ManagedFields.Entry(
            manager: manager, operation: "Apply", apiVersion: configuration.apiVersion, subresource: subresource,
            time: now.description, fields: FieldSet())
        let current = live.map(withoutManagedFields) ?? identityFields(of: configuration)
        let before = live.map { managedFields(of: $0, current, subresource: subresource, schema) } ?? ManagedFields()
        var managed = before

        let previous = managed.entries.first { $0.isSame(as: identity) }
        var stated = FieldSet.of(config, schema)
        strip(&stated, subresource: subresource, schema)
        var entry = identity
        entry.fields = stated
        // The old time for now, so that an apply that changes nothing does not look like a change.
        if let previous { entry.time = previous.time }
        managed.set(entry)

        var merged = StructuredMerge.merged(current, config, schema) ?? current
        merged = pruned(merged, previous: previous?.fields ?? FieldSet(), stated: stated, managed, schema)
        // An empty list or object that is stated may have gone with its last item.
        merged = StructuredMerge.merged(merged, config, schema) ?? merged
        let comparison = FieldComparison(current, merged, schema)
        try checkConflicts(comparison, managed, identity, force: force, configuration)
        managed.remove(comparison.added.union(comparison.modified), exceptFrom: identity)
        managed.remove(comparison.removed)
        managed.canonicalize()
        if let live, merged == current, managed == ManagedFields(live) { return live }
        managed.touch(identity)
        return object(merged, managed)
    }

    /// Records who made a plain write: the fields that differ from `live` (nil: a creation) become
    /// `manager`'s, and what is gone is no one's. Returns `new` with its managedFields.
    ///
    /// A client that sends other managedFields than the live ones sets them, `[{}]` clears them;
    /// through a subresource they are ignored.
    package static func update(
        _ new: Object, from live: Object?, manager: String, operation: String = "Update", subresource: String, now: Timestamp,
        schema: SchemaNode?
    ) -> Object {
        let fields = withoutManagedFields(new)
        let current = live.map(withoutManagedFields) ?? identityFields(of: new)
        var managed = live.map(ManagedFields.init) ?? ManagedFields()
        if subresource.isEmpty {
            let requested = new.metadata["managedFields"]?.array ?? []
            if requested == [[:]] {
                managed = ManagedFields()
            } else if !requested.isEmpty {
                let given = ManagedFields(new)
                if !given.entries.isEmpty { managed = given }
            }
        }
        let comparison = FieldComparison(current, fields, schema)
        var taken = comparison.added.union(comparison.modified)
        strip(&taken, subresource: subresource, schema)
        let identity = ManagedFields.Entry(
            manager: manager, operation: operation, apiVersion: new.apiVersion, subresource: subresource, time: now.description,
            fields: FieldSet())
        managed.remove(comparison.removed)
        if !taken.isEmpty {
            managed.remove(taken, exceptFrom: identity)
            var entry = identity
            entry.fields = managed.fields(of: identity).union(taken)
            managed.set(entry)
        }
        managed.canonicalize()
        return object(fields, managed)
    }

    // MARK: - What counts

    /// The configuration in canonical form, without what apply does not own.
    private static func stated(by configuration: Object, subresource: String, _ schema: SchemaNode?) throws(APIStatus) -> JSONObject {
        if let managed = configuration.metadata["managedFields"], managed != .null, managed != [] {
            throw .badRequest("metadata.managedFields must be nil in a server-side apply; remove it")
        }
        var fields = configuration.fields
        if let metadata = fields["metadata"], metadata.object == nil {
            throw .badRequest("metadata must be a mapping, found \(metadata.typeName)")
        }
        if case .object(let normalized)? = schema?.normalized(.object(fields)) { fields = normalized }
        if subresource == "status" {
            var kept: JSONObject = [:]
            for key in ["apiVersion", "kind", "status"] { kept[key] = fields[key] }
            return kept
        }
        if schema?.fields["status"] != nil { fields["status"] = nil }
        if case .object(var metadata)? = fields["metadata"] {
            metadata["managedFields"] = nil
            fields["metadata"] = .object(metadata)
        }
        try checkLists(.object(fields), schema, FieldPath())
        return fields
    }

    /// Refuses items of associative lists that lack their keys or stand there twice.
    private static func checkLists(_ value: JSON, _ schema: SchemaNode?, _ path: FieldPath) throws(APIStatus) {
        guard let schema, !schema.isAtomic else { return }
        switch value {
        case .object(let members):
            for member in members {
                switch member.value {
                case .object, .array: try checkLists(member.value, schema.child(member.key), path.appending(member.key))
                default: break
                }
            }
        case .array(let elements):
            guard schema.valueType == .list else { return }
            var seen: Set<String> = []
            for (index, element) in elements.enumerated() {
                let place = path.appending(index)
                guard let key = ListItems.key(element, schema) else {
                    let names = schema.listMapKeys.joined(separator: ", ")
                    throw .badRequest("\(place): an item of this list needs its key field \(names); add it")
                }
                guard seen.insert(key).inserted else {
                    let name = FieldSet([key: [:]]).paths.first ?? ""
                    throw .badRequest("\(place): duplicate entries for key \(name); remove one of them")
                }
                try checkLists(element, schema.element, place)
            }
        default: break
        }
    }

    /// Takes out the fields that no one owns: identity and what the server sets, and the part of the
    /// object that this (sub)resource does not write.
    private static func strip(_ set: inout FieldSet, subresource: String, _ schema: SchemaNode?) {
        set.remove("apiVersion")
        set.remove("kind")
        for name in ["creationTimestamp", "generation", "managedFields", "name", "namespace", "resourceVersion", "selfLink", "uid"] {
            set.remove("metadata", name)
        }
        // No one owns metadata itself, stated empty or not.
        if case .object(var metadata)? = set.tree["f:metadata"] {
            metadata["."] = nil
            set.tree["f:metadata"] = metadata.isEmpty ? nil : .object(metadata)
        }
        if subresource == "status" {
            set.remove("spec")
        } else if schema?.fields["status"] != nil {
            set.remove("status")
        }
    }

    private static func withoutManagedFields(_ object: Object) -> JSONObject {
        guard case .object(var metadata)? = object.fields["metadata"], metadata["managedFields"] != nil else { return object.fields }
        var fields = object.fields
        metadata["managedFields"] = nil
        fields["metadata"] = .object(metadata)
        return fields
    }

    /// What an object that does not exist yet is compared with.
    private static func identityFields(of object: Object) -> JSONObject {
        var fields: JSONObject = [:]
        fields["apiVersion"] = object.fields["apiVersion"]
        fields["kind"] = object.fields["kind"]
        return fields
    }

    private static func managedFields(of live: Object, _ current: JSONObject, subresource: String, _ schema: SchemaNode?) -> ManagedFields {
        let managed = ManagedFields(live)
        guard managed.entries.isEmpty, !live.creationTimestamp.isEmpty else { return managed }
        var all = FieldComparison(identityFields(of: live), current, schema).added
        strip(&all, subresource: "", schema)
        return ManagedFields([
            ManagedFields.Entry(
                manager: unknownManager, operation: "Update", apiVersion: live.apiVersion, subresource: "",
                time: live.creationTimestamp, fields: all)
        ])
    }

    private static func object(_ fields: JSONObject, _ managed: ManagedFields) -> Object {
        var object = Object(fields)
        object["metadata", "managedFields"] = managed.entries.isEmpty ? nil : managed.json
        return object
    }

    // MARK: - The three-way part

    /// Removes what the manager stated before, states no longer, and no one else owns.
    private static func pruned(
        _ merged: JSONObject, previous: FieldSet, stated: FieldSet, _ managed: ManagedFields, _ schema: SchemaNode?
    ) -> JSONObject {
        if previous.subtracting(stated).isEmpty { return merged }
        let last = previous.withNamedFields(schema)
        let all = FieldSet.of(merged, schema).withNamedFields(schema)
        let owned = managed.entries.reduce(FieldSet()) { $0.union($1.fields) }.withNamedFields(schema)
        let without = StructuredMerge.removing(last, from: merged, schema)
        var kept = FieldSet.of(without, schema).withNamedFields(schema)
        // What others own comes back, and then what stands inside items that came back.
        let withOwned = StructuredMerge.removing(all.subtracting(kept.union(owned)), from: merged, schema)
        kept = FieldSet.of(withOwned, schema).withNamedFields(schema)
        return StructuredMerge.removing(all.subtracting(kept).intersection(last), from: merged, schema)
    }

    private static func checkConflicts(
        _ comparison: FieldComparison, _ managed: ManagedFields, _ identity: ManagedFields.Entry, force: Bool, _ object: Object
    ) throws(APIStatus) {
        if force { return }
        let changed = comparison.added.union(comparison.modified)
        if changed.isEmpty { return }
        var causes: [APIStatus.Cause] = []
        var lines: [(manager: String, path: String)] = []
        for entry in managed.entries.sorted(by: { $0.description < $1.description }) where !entry.isSame(as: identity) {
            for path in entry.fields.intersection(changed).paths {
                lines.append((entry.description, path))
                causes.append(.init(reason: "FieldManagerConflict", message: "conflict with \(entry.description)", field: path))
            }
        }
        guard let first = lines.first else { return }
        var message = "Apply failed with 1 conflict: conflict with \(first.manager): \(first.path)"
        if lines.count > 1 {
            message = "Apply failed with \(lines.count) conflicts: "
            var manager: String?
            var parts: [String] = []
            for line in lines {
                if line.manager != manager { parts.append("conflicts with \(line.manager):") }
                manager = line.manager
                parts.append("- \(line.path)")
            }
            message += parts.joined(separator: "\n")
        }
        throw APIStatus(.conflict, message, group: object.gvk?.group ?? "", kind: object.kind, name: object.name, causes: causes)
    }
}
