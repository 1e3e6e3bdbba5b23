import APIMachinery

extension Registry {
    /// Tries the writes of a Forecast on a fork and answers what came of them; nothing is stored, here or there.
    ///
    /// Throws `methodNotAllowed` where nothing runs but the registry, `tooManyRequests` when too many wait.
    func forecast(_ object: Object, options: WriteOptions, context: RequestContext) async throws(APIStatus) -> ObjectVersion {
        guard let forecasts else { throw unstored(.forecasts) }
        var object = try decoded(object, .forecasts, validation: options.fieldValidation, context: context)
        let status = try await forecasts.answer(try ForecastSpec(object), user: context.user, on: self)
        // The asker knows what it asked, and Secrets may be in it.
        object["spec", "steps"] = nil
        object["status"] = status.json
        return ObjectVersion(unstored: object)
    }
}
