using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Cli.Admin;

/// <summary>The spool in a node's data directory, whether the node runs or not.</summary>
internal sealed class DataSpoolView(string data) : ISpoolView
{
    private readonly string _spool = Path.Combine(data, "spool");

    public Task<SpoolViewResult<SpoolListing>> ListAsync(int limit, CancellationToken cancellationToken) => LookAsync(() =>
    {
        // One more than asked for tells whether there are more.
        var messages = SpoolReader.Scan(_spool, limit + 1);
        return new SpoolListing([.. messages.Take(limit).Select(ToEntry)], messages.Count > limit);
    });

    public Task<SpoolViewResult<SpoolMessage>> FindAsync(string id, CancellationToken cancellationToken) =>
        LookAsync(() => SpoolReader.Find(_spool, id) is var (entry, message) ? new SpoolMessage(ToEntry(entry), message) : null);

    private static Task<SpoolViewResult<T>> LookAsync<T>(Func<T?> look)
        where T : class
    {
        try
        {
            var found = look();
            return Task.FromResult(new SpoolViewResult<T>(found, IsMissing: found is null, Error: ""));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(new SpoolViewResult<T>(null, IsMissing: false, failure.Message));
        }
    }

    private static SpoolEntry ToEntry(SpooledMessage message) => new(
        message.Id,
        message.State == SpooledMessageState.Failed ? "failed" : "waiting",
        message.Peer,
        message.AcceptedAt,
        message.Bytes,
        message.Sender,
        message.Recipients,
        message.Text.Length == 0 ? null : message.Text);
}
