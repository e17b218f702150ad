using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Edge;

/// <summary>The port to the reception log: told of every batch that became durable, before its memory is used again.</summary>
public interface IReceptionLog
{
    /// <summary>Writes a line a recipient.</summary>
    /// <param name="peer">The injecting peer.</param>
    /// <param name="batch">The batch; not to be kept.</param>
    /// <param name="spoolId">The spool that has it.</param>
    /// <param name="recordNumber">Its record there.</param>
    /// <param name="subject">Whom the client's certificate names, if it verifies.</param>
    /// <returns>Completes when the log has taken the lines; a full log makes its writers wait.</returns>
    ValueTask WriteAsync(PeerId peer, MailBatch batch, string spoolId, long recordNumber, string? subject);
}
