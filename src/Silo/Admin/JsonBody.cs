using System.Globalization;
using System.Text.Json;
using EcStreamOrleans.AdminApi;

namespace EcStreamOrleans.Silo.Admin;

/// <summary>
/// A JSON object of a body, read member by member: everything that is wrong with it is named at once and in its place. The serializer
/// would stop at the first fault, and does not tell a member that is null from one that is not there.
/// </summary>
internal sealed class JsonBody
{
    private const int MaxDepth = 8;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    private readonly JsonElement _object;
    private readonly string _place;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    private JsonBody(JsonElement element, string place, List<ProblemFault> faults)
    {
        (_object, _place, Faults) = (element, place, faults);
        if (element.ValueKind != JsonValueKind.Object)
        {
            Fault(null, $"must be an object, not {Describe(element)}");
        }
    }

    /// <summary>What is wrong so far, in the whole body.</summary>
    public List<ProblemFault> Faults { get; }

    /// <summary>Reads a request's body.</summary>
    /// <returns>The body, or what to answer if it is no JSON.</returns>
    public static async Task<(JsonBody? Body, IResult? Problem)> ReadAsync(HttpRequest request)
    {
        if (!request.HasJsonContentType())
        {
            return (null, Problems.OfStatus(StatusCodes.Status415UnsupportedMediaType, "The body must be JSON: Content-Type: application/json.").ToResult());
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body, Strict, request.HttpContext.RequestAborted);
            return (new JsonBody(document.RootElement.Clone(), "", []), null);
        }
        catch (JsonException failure)
        {
            return (null, Problems.Invalid([new ProblemFault("", $"This is no JSON: {failure.Message}")]));
        }
    }

    /// <summary>Whether a member is there, null or not.</summary>
    public bool Has(string name) => TryGet(name, out _);

    public string? Text(string name, int most, bool isNeeded = false)
    {
        if (!TryGetValue(name, isNeeded, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            return Wrong<string>(name, $"must be a string, not {Describe(value)}");
        }

        var text = value.GetString()!;
        return text.Length > most ? Wrong<string>(name, $"has {text.Length} characters; at most {most} are kept") : text;
    }

    public bool? Flag(string name) =>
        !TryGetValue(name, isNeeded: false, out var value) ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : WrongValue<bool>(name, $"must be true or false, not {Describe(value)}");

    public long? Integer(string name, long least, long most, string unit, bool isNeeded = false) =>
        !TryGetValue(name, isNeeded, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && Math.Floor(number) == number && number >= least && number <= most ? (long)number
        : WrongValue<long>(name, $"expected an integer from {least} to {most} ({unit}), found {Describe(value)}");

    /// <summary>An instant in ISO 8601 with its offset: without one nobody could say which is meant.</summary>
    public DateTimeOffset? Instant(string name, DateTimeOffset? after = null)
    {
        if (!TryGetValue(name, isNeeded: false, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String || !Instants.TryParse(value.GetString()!, out var instant))
        {
            return WrongValue<DateTimeOffset>(name, $"must be {Instants.Form}, not {Describe(value)}");
        }

        return instant <= after ? WrongValue<DateTimeOffset>(name, $"{value.GetString()} has passed already; it is {after.Value.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}") : instant;
    }

    public JsonBody? Member(string name) =>
        TryGetValue(name, isNeeded: false, out var value) ? new JsonBody(value, $"{_place}/{name}", Faults) : null;

    /// <summary>The objects of an array.</summary>
    public IReadOnlyList<JsonBody> Members(string name)
    {
        if (!TryGetValue(name, isNeeded: true, out var value))
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Fault(name, $"must be an array, not {Describe(value)}");
            return [];
        }

        return [.. value.EnumerateArray().Select((element, i) => new JsonBody(element, string.Create(CultureInfo.InvariantCulture, $"{_place}/{name}/{i}"), Faults))];
    }

    /// <summary>Names the members that nobody has asked for.</summary>
    public void End()
    {
        if (_object.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in _object.EnumerateObject().Where(m => !_known.Contains(m.Name)))
            {
                Fault(member.Name, $"is unknown; there are {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
            }
        }
    }

    /// <param name="name">The member, or null for the object itself.</param>
    /// <param name="what">What is wrong.</param>
    public void Fault(string? name, string what) => Faults.Add(new ProblemFault(
        name is null ? _place : $"{_place}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}",
        name is null ? what : $"{name}: {what}"));

    private bool TryGet(string name, out JsonElement value)
    {
        _known.Add(name);
        value = default;
        return _object.ValueKind == JsonValueKind.Object && _object.TryGetProperty(name, out value);
    }

    private bool TryGetValue(string name, bool isNeeded, out JsonElement value)
    {
        if (TryGet(name, out value) && value.ValueKind != JsonValueKind.Null)
        {
            return true;
        }

        if (isNeeded && _object.ValueKind == JsonValueKind.Object)
        {
            Fault(name, "is missing");
        }

        return false;
    }

    private T? Wrong<T>(string name, string what)
        where T : class
    {
        Fault(name, what);
        return null;
    }

    private T? WrongValue<T>(string name, string what)
        where T : struct
    {
        Fault(name, what);
        return null;
    }

    private static string Describe(JsonElement value)
    {
        const int most = 60;
        var text = value.GetRawText();
        return text.Length > most ? text[..most] + "…" : text;
    }
}
