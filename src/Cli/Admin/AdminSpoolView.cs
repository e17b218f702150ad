using System.Text.Json.Serialization.Metadata;
using EcStreamOrleans.AdminApi;

namespace EcStreamOrleans.Cli.Admin;

/// <summary>The spool of a running node.</summary>
internal sealed class AdminSpoolView(AdminClient client) : ISpoolView
{
    public Task<SpoolViewResult<SpoolListing>> ListAsync(int limit, CancellationToken cancellationToken) =>
        GetAsync($"api/v1/spool?limit={limit}", AdminJson.Default.SpoolListing, cancellationToken);

    public Task<SpoolViewResult<SpoolMessage>> FindAsync(string id, CancellationToken cancellationToken) =>
        GetAsync($"api/v1/spool/{Uri.EscapeDataString(id)}", AdminJson.Default.SpoolMessage, cancellationToken);

    private async Task<SpoolViewResult<T>> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var answer = await client.GetAsync(path, cancellationToken);
        return answer.TryRead(type, out var value, out var error)
            ? new SpoolViewResult<T>(value, false, string.Empty)
            : new SpoolViewResult<T>(null, answer.IsMissing, answer.Content is null ? error : $"{path}: {error}");
    }
}
