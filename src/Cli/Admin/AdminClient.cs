using System.Net;

namespace EcStreamOrleans.Cli.Admin;

/// <summary>Reads the admin API. A node that cannot be asked is a result, in words for a person.</summary>
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
    public async Task<AdminAnswer> GetAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
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

    public void Dispose() => _http.Dispose();
}

/// <summary>What the admin API answered.</summary>
/// <param name="Content">The JSON, or null.</param>
/// <param name="IsMissing">Whether the node answered that there is no such thing.</param>
/// <param name="Error">Why there is no content.</param>
internal sealed record AdminAnswer(byte[]? Content, bool IsMissing, string Error);
