using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Grains;

/// <summary>The port to the silo's spool: makes a batch durable.</summary>
public interface IBatchSpool
{
    /// <summary>
    /// Appends a batch; completes when it is on stable storage or is not taken. Idempotent by batch id. The batch's memory is
    /// the spool's until the task completes.
    /// </summary>
    /// <param name="peer">The injecting peer.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="cancellationToken">Ends the wait; the batch may still become durable.</param>
    ValueTask<SpoolAnswer> AppendAsync(PeerId peer, MailBatch batch, CancellationToken cancellationToken);
}

/// <summary>The spool's answer.</summary>
/// <param name="IsDurable">Whether the batch is on stable storage.</param>
/// <param name="SpoolId">The spool's id.</param>
/// <param name="RecordNumber">The batch's record.</param>
/// <param name="Text">If it was not taken: status code and words for a person.</param>
public readonly record struct SpoolAnswer(bool IsDurable, string SpoolId, long RecordNumber, string? Text);
