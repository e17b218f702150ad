using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>A spool that the relay delivers from: the silo's own, or copies whose owner is dead.</summary>
internal abstract class RelaySource
{
    public abstract MailSpool Spool { get; }

    /// <summary>Whether nothing of it is delivered here any more.</summary>
    public virtual bool IsWithdrawn => false;

    /// <summary>Waits until it may be delivered from.</summary>
    public virtual Task OpensAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The next record to be delivered. Null when there will be none.</summary>
    public abstract ValueTask<SpoolRecordRef?> NextAsync(CancellationToken cancellationToken);

    /// <summary>Records outcomes of a record durably.</summary>
    public abstract ValueTask RecordAsync(SpoolRecordRef record, ReadOnlyMemory<SpoolOutcome> outcomes);

    /// <summary>A record begins to be delivered. False when none may any more.</summary>
    public virtual bool TryStart() => true;

    /// <summary>A record that began to be delivered has all its outcomes recorded.</summary>
    public virtual void End()
    {
    }
}
