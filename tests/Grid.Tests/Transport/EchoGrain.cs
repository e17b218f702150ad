using Orleans.Concurrency;
using Orleans.Placement;

namespace EcStreamOrleans.Grid.Tests.Transport;

/// <summary>Gives back what it gets, and says where.</summary>
public interface IEchoGrain : IGrainWithStringKey
{
    [AlwaysInterleave]
    ValueTask<byte[]> EchoAsync(byte[] payload);

    ValueTask<string> WhereAsync();
}

[RandomPlacement]
internal sealed class EchoGrain(ILocalSiloDetails silo) : Grain, IEchoGrain
{
    public ValueTask<byte[]> EchoAsync(byte[] payload) => new(payload);

    public ValueTask<string> WhereAsync() => new(silo.SiloAddress.ToString());
}
