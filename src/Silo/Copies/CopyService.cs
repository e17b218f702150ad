using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Copies;
using EcStreamOrleans.Spool;
using Orleans.Dashboard;
using Orleans.Runtime.Services;

namespace EcStreamOrleans.Silo.Copies;

/// <summary>The port of the silo that others bring their copies to. Mail's way: no dashboard measures it.</summary>
[NoProfiling]
internal sealed class CopyService(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, CopyHolder holder) : GrainService(id, silo, loggers), ICopyService
{
    public Task<CopyPlace> IntroduceAsync(string? owner) => Task.FromResult(holder.Introduce(owner));

    public Task RegisterAsync(CopyOwner owner) => holder.RegisterAsync(owner);

    public Task<CopyOutcomes> ReadOutcomesAsync(string owner, long position) => holder.ReadOutcomesAsync(owner, position);

    public Task SettleAsync(string owner) => holder.SettleAsync(owner);

    public ValueTask<CopyAnswer> StoreAsync(CopyOrigin origin, MailBatch batch) => holder.StoreAsync(origin, batch);

    public Task<IReadOnlyList<CopyName>> ListAsync(string owner, CopyName? after) => Task.FromResult(holder.List(owner, after));

    public Task FreeAsync(string owner, IReadOnlyList<CopyDone> done, bool isComplete) => holder.FreeAsync(owner, done, isComplete);

    public Task ClearAsync(string owner) => holder.ClearAsync(owner);

    public Task LeaveAsync(string owner) => holder.LeaveAsync(owner);
}

/// <summary>The way to the copies of another silo.</summary>
internal sealed class CopyClient(IServiceProvider services) : GrainServiceClient<ICopyService>(services)
{
    public ICopyService At(SiloAddress silo) => GetGrainService(silo);
}

/// <summary>The spool's words and those of the wire.</summary>
internal static class CopyWords
{
    public static CopyName Name(this CopyKey key) => new(key.Number, key.Batch.Session, key.Batch.Sequence);

    public static CopyKey Key(this CopyName name) => new(name.Number, name.Batch);

    public static CopyDone Done(this CopyOutcome outcome) =>
        new(outcome.Key.Name(), outcome.Message, outcome.Recipient, (byte)outcome.Kind, outcome.Text.Length == 0 ? null : outcome.Text);

    public static CopyOutcome Outcome(this CopyDone done) => new(done.Name.Key(), done.Message, done.Recipient, (OutcomeKind)done.Kind, done.Text ?? "");

    /// <summary>All of a record is done.</summary>
    public static CopyOutcome AllDone(this CopyKey key) => new(key, SpoolOutcome.AllMessages, SpoolOutcome.AllRecipients, OutcomeKind.Delivered, "");
}
