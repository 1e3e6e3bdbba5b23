/// The order of members in kustomize's output: letters by code point, runs of digits as numbers, other characters first.
///
/// Source: go-yaml v2's order of map keys.
enum NaturalOrder {
    static func precedes(_ a: String, _ b: String) -> Bool {
        let a = Array(a.unicodeScalars)
        let b = Array(b.unicodeScalars)
        var isAfterDigit = false
        for index in 0..<min(a.count, b.count) {
            if a[index] == b[index] {
                isAfterDigit = isDigit(a[index])
                continue
            }
            let isLetterA = a[index].properties.isAlphabetic
            let isLetterB = b[index].properties.isAlphabetic
            if isLetterA && isLetterB { return a[index] < b[index] }
            if isLetterA || isLetterB { return isAfterDigit ? isLetterA : isLetterB }
            return numbers(a, b, at: index)
        }
        return a.count < b.count
    }

    private static func numbers(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], at index: Int) -> Bool {
        var (numberA, numberB) = (0, 0)
        if a[index] == "0" || b[index] == "0" {
            var before = index - 1
            while before >= 0, isDigit(a[before]) {
                if a[before] != "0" {
                    (numberA, numberB) = (1, 1)
                    break
                }
                before -= 1
            }
        }
        let endA = read(a, from: index, into: &numberA)
        let endB = read(b, from: index, into: &numberB)
        if numberA != numberB { return numberA < numberB }
        if endA != endB { return endA < endB }
        return a[index] < b[index]
    }

    /// Where the digits end. Wraps as Go's 64-bit integers do.
    private static func read(_ text: [Unicode.Scalar], from start: Int, into number: inout Int) -> Int {
        var index = start
        while index < text.count, isDigit(text[index]) {
            number = number &* 10 &+ (Int(text[index].value) - 48)
            index += 1
        }
        return index
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar >= "0" && scalar <= "9" }
}
