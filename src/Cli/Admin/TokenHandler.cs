using System.Net.Http.Headers;

namespace EcStreamOrleans.Cli.Admin;

/// <summary>
/// Shows the node who asks, whichever command does. The token comes from a file or the environment, never from the command line, which
/// every user of the machine can read.
/// </summary>
/// <param name="next">Sends the requests.</param>
internal sealed class TokenHandler(HttpMessageHandler next) : DelegatingHandler(next)
{
    private const int MaxTokenBytes = 65_536;

    private string? _token;

    /// <summary>Takes the token of a file, or if none is named that of the environment.</summary>
    /// <returns>Why there is none, in words for a person; null if all is well.</returns>
    public string? Take(FileInfo? file, string? environment)
    {
        var token = environment;
        if (file is not null)
        {
            try
            {
                if (!file.Exists || file.Length > MaxTokenBytes)
                {
                    return $"--token-file {file}: is no file with a token";
                }

                token = File.ReadAllText(file.FullName);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return $"--token-file {file}: {failure.Message}";
            }
        }

        _token = token?.Trim();
        return _token is { Length: > 0 } ? (_token.Any(c => c is <= ' ' or > '~') ? $"{(file is null ? "ECGRID_TOKEN" : $"--token-file {file}")}: a token is one word of printable characters" : null)
            : file is null ? null : $"--token-file {file}: is empty";
    }

    /// <summary>Whether a text holds the token.</summary>
    public bool IsIn(string text) => _token is { Length: > 0 } token && text.Contains(token, StringComparison.Ordinal);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_token is { Length: > 0 })
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
