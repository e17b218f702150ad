namespace EcStreamOrleans.Spool;

/// <summary>Has something of its own to do with a batch while the disk writes it, such as sending it to another machine.</summary>
public interface IAppendFollower
{
    /// <summary>
    /// The batch is about to be written under this number. Called on the thread that writes: it must return at once, and must not throw. If the write then fails,
    /// the number goes to another batch.
    /// </summary>
    /// <param name="recordNumber">The record's number.</param>
    /// <param name="acceptedAt">The instant that the record has.</param>
    void Numbered(long recordNumber, DateTimeOffset acceptedAt);
}
