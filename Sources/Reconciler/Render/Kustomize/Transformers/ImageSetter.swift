/// An entry of `images`: another name, tag or digest for an image.
struct ImageSetter {
    private static let lengthMax = 4096

    private let matches: Pattern?
    private let newName: String
    private let newTag: String
    private let digest: String
    private let tagSuffix: String
    private let specs: [FieldSpec]

    init(_ reader: ConfigReader, specs: [FieldSpec]) throws {
        try reader.allow(["name", "newName", "newTag", "digest", "tagSuffix"])
        let name = try reader.text("name")
        newName = try reader.text("newName")
        newTag = try reader.text("newTag")
        digest = try reader.text("digest")
        tagSuffix = try reader.text("tagSuffix")
        self.specs = specs
        let length = [newName, newTag, digest, tagSuffix].reduce(0) { $0 + $1.utf8.count }
        guard length <= Self.lengthMax else {
            throw reader.failure("an image's name has at most \(Self.lengthMax) bytes, this has \(length); shorten it")
        }
        matches = try KustomizeFailure.locate(reader.place(of: "name")) {
            try Pattern("^" + name + "(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$", shown: name)
        }
    }

    func transform(_ map: ResourceMap) throws {
        for resource in map.resources where !resource.isGone && resource.kind != "CustomResourceDefinition" {
            try KustomizeFailure.locate(resource.place, resource.id.shown) { try visitContainers(in: resource.value) }
            for spec in specs { try spec.apply(to: resource) { try set($0) } }
        }
    }

    /// Lists named containers or initContainers, wherever they stand.
    private func visitContainers(in value: YAMLValue) throws {
        for element in value.elements { try visitContainers(in: element) }
        for member in value.members {
            try visitContainers(in: member.value)
            guard ["containers", "initContainers"].contains(member.key.text) else { continue }
            for container in member.value.elements {
                try container.require(.mapping)
                if let image = container["image"] { try set(image) }
            }
        }
    }

    private func set(_ field: YAMLValue) throws {
        if field.isNull { return }
        try field.require(.scalar)
        guard try matches?.isFound(in: field.text) ?? false else { return }
        var (name, tag, oldDigest) = Self.split(field.text)
        if !newName.isEmpty { name = newName }
        if !newTag.isEmpty || !digest.isEmpty {
            tag = newTag
            oldDigest = digest
        } else if !tagSuffix.isEmpty {
            tag += tagSuffix
            oldDigest = ""
        }
        if !tag.isEmpty { name += ":" + tag }
        if !oldDigest.isEmpty { name += "@" + oldDigest }
        try field.setScalar(.untagged(name))
    }

    /// A registry may have a port: a colon before the first slash is none of a tag.
    private static func split(_ image: String) -> (name: String, tag: String, digest: String) {
        let slash = image.firstIndex(of: "/")
        let start = slash == image.startIndex ? image.startIndex : slash ?? image.startIndex
        let at = image[start...].firstIndex(of: "@")
        let colon = image[start...].firstIndex(of: ":")
        switch (colon, at) {
        case (nil, nil): return (image, "", "")
        case (_, let at?) where colon == nil || at < colon!:
            return (String(image[..<at]), "", String(image[image.index(after: at)...]))
        case (let colon?, let at?):
            return (
                String(image[..<colon]), String(image[image.index(after: colon)..<at]), String(image[image.index(after: at)...])
            )
        case (let colon?, nil): return (String(image[..<colon]), String(image[image.index(after: colon)...]), "")
        default: return (image, "", "")
        }
    }
}
