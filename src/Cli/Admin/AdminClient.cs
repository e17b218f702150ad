using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EcStreamOrleans.AdminApi;

namespace EcStreamOrleans.Cli.Admin;

/// <summary>Asks the admin API. A node that cannot be asked is a result, in words for a person.</summary>
internal sealed class AdminClient : IDisposable
{
    private const long MaxAnswerBytes = 67_108_864;

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http;

    /// <param name="admin">The node's admin API.</param>
    /// <param name="handler">How it is reached.</param>
    /// <param name="actor">Who asks, for the record of a node that knows nobody by a token.</param>
    public AdminClient(Uri admin, HttpMessageHandler handler, string? actor = null)
    {
        _http = new HttpClient(handler, disposeHandler: false)
        {
            BaseAddress = new Uri(admin.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = AnswerTimeout,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        if (actor is { Length: > 0 } && actor.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '@'))
        {
            _http.DefaultRequestHeaders.Add("X-Actor", actor);
        }
    }

    /// <summary>Gets one resource.</summary>
    /// <param name="path">Below the admin URL.</param>
    /// <param name="cancellationToken">Gives up; throws.</param>
    public Task<AdminAnswer> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, null, cancellationToken);

    /// <summary>Asks for something to be done.</summary>
    /// <param name="path">Below the admin URL.</param>
    /// <param name="cancellationToken">Gives up; throws.</param>
    public Task<AdminAnswer> PostAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, path, null, null, cancellationToken);

    /// <summary>Asks for something to be done, or changed.</summary>
    /// <param name="method">How.</param>
    /// <param name="path">Below the admin URL.</param>
    /// <param name="json">The body, or null.</param>
    /// <param name="ifMatch">The version that the change goes by, or null.</param>
    /// <param name="cancellationToken">Gives up; throws.</param>
    public async Task<AdminAnswer> SendAsync(HttpMethod method, string path, string? json, long? ifMatch, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
            request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
            if (ifMatch is { } version)
            {
                request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{version}\""));
            }

            using var response = await _http.SendAsync(request, cancellationToken);
            var content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return response.IsSuccessStatusCode
                ? new AdminAnswer(content, false, string.Empty)
                : Refused(path, response, AdminProblemReader.Read(content));
        }
        catch (HttpRequestException failure)
        {
            return new AdminAnswer(null, false, $"cannot ask {_http.BaseAddress}: {failure.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new AdminAnswer(null, false, $"cannot ask {_http.BaseAddress}: no answer within {AnswerTimeout.TotalSeconds:0} s");
        }
    }

    public void Dispose() => _http.Dispose();

    // What the node says is for the person who asked; where it says nothing, the status has to do.
    private AdminAnswer Refused(string path, HttpResponseMessage response, AdminProblem? problem)
    {
        var isMissing = response.StatusCode == HttpStatusCode.NotFound;
        var words = problem?.Errors is { Count: > 0 } errors ? string.Join(" ", errors.Select(e => e.Member is { Length: > 0 } member ? $"{member}: {e.Detail}" : e.Detail))
            : problem?.Detail is { Length: > 0 } detail ? detail
            : isMissing ? $"{_http.BaseAddress}{path}: not found"
            : $"{_http.BaseAddress}{path}: {(int)response.StatusCode} {response.ReasonPhrase}";
        var hint = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => "; give a token with --token-file FILE or ECGRID_TOKEN",
            HttpStatusCode.Forbidden => "; another token with --token-file FILE or ECGRID_TOKEN may do more",
            _ => string.Empty,
        };
        return new AdminAnswer(null, isMissing, (hint.Length > 0 ? words.TrimEnd('.') : words) + hint) { Problem = problem };
    }
}

/// <summary>Reads problem details; what is none says nothing.</summary>
internal static class AdminProblemReader
{
    public static AdminProblem? Read(byte[] content)
    {
        try
        {
            return content.Length == 0 ? null : JsonSerializer.Deserialize(content, AdminJson.Default.AdminProblem);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What the admin API answered.</summary>
/// <param name="Content">The JSON, or null.</param>
/// <param name="IsMissing">Whether the node answered that there is no such thing.</param>
/// <param name="Error">Why there is no content.</param>
internal sealed record AdminAnswer(byte[]? Content, bool IsMissing, string Error)
{
    /// <summary>Why the node has refused, in the parts that it names.</summary>
    public AdminProblem? Problem { get; init; }

    /// <summary>Reads the JSON.</summary>
    /// <param name="type">What it should be.</param>
    /// <param name="value">What it is.</param>
    /// <param name="error">Why there is none, in words for a person.</param>
    public bool TryRead<T>(JsonTypeInfo<T> type, [NotNullWhen(true)] out T? value, out string error)
        where T : class
    {
        (value, error) = (null, Error);
        if (Content is null)
        {
            return false;
        }

        try
        {
            value = JsonSerializer.Deserialize(Content, type);
            error = "this is no answer of the admin API: it is empty";
        }
        catch (JsonException failure)
        {
            error = $"this is no answer of the admin API: {failure.Message}";
        }

        return value is not null;
    }
}
