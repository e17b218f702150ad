using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>A spool whose appends wait to be let go.</summary>
internal sealed class HeldSpool : IBatchSpool
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Appended => Within.PatienceOf(_appended.Task, "a batch reaches the spool");

    public void Release() => _released.SetResult();

    public async ValueTask<SpoolAnswer> AppendAsync(PeerId peer, MailBatch batch, CancellationToken cancellationToken)
    {
        _appended.TrySetResult();
        await _released.Task;
        return new SpoolAnswer(IsDurable: true, "test", 1, null);
    }
}
