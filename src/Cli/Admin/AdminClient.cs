using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EcStreamOrleans.Cli.Admin;

/// <summary>Asks the admin API. A node that cannot be asked is a result, in words for a person.</summary>
internal sealed class AdminClient : IDisposable
{
    private const long MaxAnswerBytes = 67_108_864;

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http;

    public AdminClient(Uri admin, HttpMessageHandler handler)
    {
        _http = new HttpClient(handler, disposeHandler: false)
        {
            BaseAddress = new Uri(admin.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = AnswerTimeout,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
    }

    /// <summary>Gets one resource.</summary>
    /// <param name="path">Below the admin URL.</param>
    /// <param name="cancellationToken">Gives up; throws.</param>
    public Task<AdminAnswer> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, cancellationToken);

    /// <summary>Asks for something to be done.</summary>
    /// <param name="path">Below the admin URL.</param>
    /// <param name="cancellationToken">Gives up; throws.</param>
    public Task<AdminAnswer> PostAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, path, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<AdminAnswer> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
            using var response = await _http.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return new AdminAnswer(null, true, $"{_http.BaseAddress}{path}: not found");
            }

            return response.IsSuccessStatusCode
                ? new AdminAnswer(await response.Content.ReadAsByteArrayAsync(cancellationToken), false, string.Empty)
                : new AdminAnswer(
                    null, false, $"{_http.BaseAddress}{path}: {(int)response.StatusCode} {response.ReasonPhrase}{(response.StatusCode == HttpStatusCode.Unauthorized ? "; give a token with --token-file FILE or ECGRID_TOKEN" : "")}");
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
}

/// <summary>What the admin API answered.</summary>
/// <param name="Content">The JSON, or null.</param>
/// <param name="IsMissing">Whether the node answered that there is no such thing.</param>
/// <param name="Error">Why there is no content.</param>
internal sealed record AdminAnswer(byte[]? Content, bool IsMissing, string Error)
{
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
