/// A date or time as go-yaml recognizes it in a plain scalar, and as Go then writes it in JSON.
struct Timestamp3339: CustomStringConvertible {
    private var date: (year: Int, month: Int, day: Int)
    private var time: (hour: Int, minute: Int, second: Int) = (0, 0, 0)
    private var fraction = ""
    /// `Z` or `±hh:mm`.
    private var zone = "Z"

    /// nil unless `text` is `2006-1-2`, or that with ` 15:4:5.9` or `T15:4:5.9Z07:00` after it.
    init?(_ text: String) {
        var reader = Reader(rest: text.utf8[...])
        guard let year = reader.number(4...4), reader.take("-"), let month = reader.number(1...2), reader.take("-"),
            let day = reader.number(1...2), (1...12).contains(month), (1...Self.days(month, year)).contains(day)
        else { return nil }
        date = (year, month, day)
        if reader.rest.isEmpty { return }
        let isZoned = reader.take("T") || reader.take("t")
        guard isZoned || reader.take(" "), let hour = reader.number(1...2), hour < 24, reader.take(":"),
            let minute = reader.number(1...2), minute < 60, reader.take(":"), let second = reader.number(1...2), second < 60
        else { return nil }
        time = (hour, minute, second)
        if reader.take(".") || reader.take(",") {
            let digits = reader.rest.prefix { $0 >= 48 && $0 <= 57 }
            guard !digits.isEmpty else { return nil }
            fraction = String(decoding: digits.prefix(9), as: UTF8.self)
            reader.rest = reader.rest.dropFirst(digits.count)
            while fraction.hasSuffix("0") { fraction.removeLast() }
        }
        if isZoned, !reader.take("Z") {
            let sign = reader.take("+") ? "+" : "-"
            guard sign == "+" || reader.take("-"), let hours = reader.number(2...2), hours <= 24, reader.take(":"),
                let minutes = reader.number(2...2), minutes < 60
            else { return nil }
            zone = hours == 0 && minutes == 0 ? "Z" : sign + Self.two(hours) + ":" + Self.two(minutes)
        }
        guard reader.rest.isEmpty else { return nil }
    }

    private struct Reader {
        var rest: Substring.UTF8View

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        /// As many digits as there are, if that many are allowed.
        mutating func number(_ counts: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix { $0 >= 48 && $0 <= 57 }
            guard counts.contains(digits.count) else { return nil }
            rest = rest.dropFirst(digits.count)
            return Int(String(decoding: digits, as: UTF8.self))
        }
    }

    private static func days(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    var description: String {
        let year = String(repeating: "0", count: max(0, 4 - String(date.year).count)) + String(date.year)
        return
            "\(year)-\(Self.two(date.month))-\(Self.two(date.day))T\(Self.two(time.hour)):\(Self.two(time.minute)):\(Self.two(time.second))"
            + (fraction.isEmpty ? "" : "." + fraction) + zone
    }
}
