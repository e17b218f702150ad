using EcStreamOrleans.Silo.Copies;
using EcStreamOrleans.Silo.Spooling;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>The silo's own spool. If others may hold copies of what is in it, they are heard first, and told of every outcome.</summary>
internal sealed class OwnSource(SpoolHost host, CopySender? copies = null) : RelaySource
{
    public override MailSpool Spool => host.Spool;

    public override Task OpensAsync(CancellationToken cancellationToken) => copies is null ? Task.CompletedTask : copies.Returned.WaitAsync(cancellationToken);

    public override ValueTask<SpoolRecordRef?> NextAsync(CancellationToken cancellationToken) => host.Spool.NextAsync(cancellationToken);

    public override ValueTask RecordAsync(SpoolRecordRef record, ReadOnlyMemory<SpoolOutcome> outcomes) =>
        copies is null ? host.Spool.RecordOutcomesAsync(outcomes, CancellationToken.None) : RecordWithCopiesAsync(copies, record, outcomes);

    private async ValueTask RecordWithCopiesAsync(CopySender sender, SpoolRecordRef record, ReadOnlyMemory<SpoolOutcome> outcomes)
    {
        await host.Spool.RecordOutcomesAsync(outcomes, CancellationToken.None);
        sender.Note(record, outcomes.Span);
    }
}
