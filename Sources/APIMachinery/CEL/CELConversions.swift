/// `int(x)`, `string(x)` and the like. Source: cel-spec, langdef, "Type Conversions".
enum CELConversions {
    /// nil where there is no such conversion.
    static func convert(_ value: CELValue, to type: String) throws(CELError) -> CELValue? {
        if value.typeName == type || value.typeName == "google.protobuf.\(type.prefix(1).uppercased() + type.dropFirst())" { return value }
        return switch type {
        case "int": try integer(value).map(CELValue.int)
        case "uint": try unsigned(value).map(CELValue.uint)
        case "double": try double(value).map(CELValue.double)
        case "string": try string(value).map(CELValue.string)
        case "bool": try bool(value).map(CELValue.bool)
        case "bytes": if case .string(let text) = value { .bytes(Array(text.utf8)) } else { nil }
        case "timestamp": try timestamp(value).map(CELValue.timestamp)
        case "duration": try duration(value).map(CELValue.duration)
        default: nil
        }
    }

    private static func integer(_ value: CELValue) throws(CELError) -> Int64? {
        switch value {
        case .uint(let value):
            guard let result = Int64(exactly: value) else { throw .overflow }
            return result
        case .double(let value):
            guard value.isFinite, abs(value) < 0x1p63 else { throw .overflow }
            return Int64(value)
        case .string(let text):
            guard let result = Int64(text) else { throw CELError("cannot read \(JSON.string(text).text) as an int") }
            return result
        case .timestamp(let time): return time.nanoseconds.flooredSeconds
        default: return nil
        }
    }

    private static func unsigned(_ value: CELValue) throws(CELError) -> UInt64? {
        switch value {
        case .int(let value):
            guard let result = UInt64(exactly: value) else { throw .overflow }
            return result
        case .double(let value):
            guard value.isFinite, value > -1, value < 0x1p64 else { throw .overflow }
            return UInt64(value)
        case .string(let text):
            guard let result = UInt64(text) else { throw CELError("cannot read \(JSON.string(text).text) as a uint") }
            return result
        default: return nil
        }
    }

    private static func double(_ value: CELValue) throws(CELError) -> Double? {
        switch value {
        case .int(let value): return Double(value)
        case .uint(let value): return Double(value)
        case .string(let text):
            guard let result = Double(text) else { throw CELError("cannot read \(JSON.string(text).text) as a double") }
            return result
        default: return nil
        }
    }

    private static func string(_ value: CELValue) throws(CELError) -> String? {
        switch value {
        case .bool(let value): return String(value)
        case .int(let value): return String(value)
        case .uint(let value): return String(value)
        case .double(let value): return plain(value)
        case .bytes(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else { throw CELError("invalid UTF-8 in bytes, cannot convert to string") }
            return text
        case .timestamp(let time): return time.nanoseconds % 1_000_000_000 == 0 ? time.description : time.nano
        case .duration(let span): return "\(plain(Double(span.nanoseconds) / 1e9))s"
        default: return nil
        }
    }

    /// Without a fraction where there is none.
    private static func plain(_ value: Double) -> String {
        if let whole = Int64(exactly: value), abs(value) < 1e15 { return String(whole) }
        return JSON.double(value).text
    }

    private static func bool(_ value: CELValue) throws(CELError) -> Bool? {
        guard case .string(let text) = value else { return nil }
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default: throw CELError("cannot read \(JSON.string(text).text) as a bool")
        }
    }

    private static func timestamp(_ value: CELValue) throws(CELError) -> Timestamp? {
        switch value {
        case .int(let seconds):
            let (nanoseconds, isBeyond) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            guard !isBeyond else { throw .overflow }
            return Timestamp(nanoseconds: nanoseconds)
        case .string(let text):
            guard let result = Timestamp(text) else { throw CELError("cannot read \(JSON.string(text).text) as a timestamp; write it like 2026-01-02T03:04:05Z") }
            return result
        default: return nil
        }
    }

    /// In Go's notation, with signs, fractions and several units (`-1h30.5m`), and within its range: nanoseconds in 64 bits.
    private static func duration(_ value: CELValue) throws(CELError) -> Duration? {
        guard case .string(let text) = value else { return nil }
        let malformed = CELError("cannot read \(JSON.string(text).text) as a duration; write it like 1h30m")
        var rest = text[...]
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        if rest == "0" { return .zero }
        guard !rest.isEmpty else { throw malformed }
        var seconds = 0.0
        let units: [Substring: Double] = ["h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let factor = units[unit] else { throw malformed }
            seconds += number * factor
        }
        guard seconds * 1e9 < 0x1p63 else { throw .overflow }
        return .nanoseconds(Int64((isNegative ? -seconds : seconds) * 1e9))
    }
}

extension Int64 {
    /// Nanoseconds as whole seconds, downwards.
    fileprivate var flooredSeconds: Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: 1_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

/// Parts of times, in UTC, and of spans.
enum CELTime {
    /// nil where the target is neither, or the method none of these.
    static func call(_ name: String, _ arguments: [CELValue]) throws(CELError) -> CELValue? {
        switch arguments[0] {
        case .timestamp(let time):
            if name.hasPrefix("get"), arguments.count == 2 {
                guard case .string("UTC") = arguments[1] else { throw CELError("time zones other than UTC are not supported") }
            }
            return part(name, of: time).map(CELValue.int)
        case .duration(let span):
            let (seconds, attoseconds) = span.components
            switch name {
            case "getHours": return .int(seconds / 3600)
            case "getMinutes": return .int(seconds / 60)
            case "getSeconds": return .int(seconds)
            case "getMilliseconds": return .int(attoseconds / 1_000_000_000_000_000)
            default: return nil
            }
        default: return nil
        }
    }

    private static func part(_ name: String, of time: Timestamp) -> Int64? {
        let text = Array(time.nano.utf8)
        func number(_ range: Range<Int>) -> Int64 { text[range].reduce(0) { $0 * 10 + Int64($1) - 48 } }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let days = time.nanoseconds.flooredSeconds.flooredDays
        switch name {
        case "getFullYear": return year
        case "getMonth": return month - 1
        case "getDate": return day
        case "getDayOfMonth": return day - 1
        // 1 January 1970 was a Thursday.
        case "getDayOfWeek": return ((days + 4) % 7 + 7) % 7
        case "getDayOfYear": return days - (Timestamp("\(String(decoding: text[0..<4], as: UTF8.self))-01-01T00:00:00Z")?.nanoseconds.flooredSeconds.flooredDays ?? days)
        case "getHours": return number(11..<13)
        case "getMinutes": return number(14..<16)
        case "getSeconds": return number(17..<19)
        case "getMilliseconds": return number(20..<23)
        default: return nil
        }
    }
}

extension Int64 {
    /// Seconds as whole days, downwards.
    fileprivate var flooredDays: Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: 86_400)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
