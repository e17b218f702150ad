using EcStreamOrleans.Grid.Tests.Harness;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>Gateways that others wrote, and a grid of ours, take what is relayed.</summary>
public sealed class InteropOutTests : IDisposable
{
    private const string OneMessageAConnection = "it gets one message a connection";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [QmqpSinkFact]
    public async Task QmqpSink_WhichClosesBehindEachReply_GetsEveryMessage()
    {
        var port = ServicePort.Next();
        using var sink = ToolProcess.Start(InteropTools.QmqpSink!, [$"127.0.0.1:{port}", "100"]);
        await RelayAsync(port);
    }

    [PostfixFact]
    public async Task PostfixQmqpd_GetsEveryMessage()
    {
        using var postfix = await PostfixInstance.StartAsync(_directory);
        await RelayAsync(postfix.Port);
        await Within.Becomes(() => postfix.CountDiscarded() >= 350, "Postfix has delivered every message");
        Assert.Equal(350, postfix.CountDiscarded());
    }

    [Fact]
    public async Task AnotherGrid_GetsEveryMessage_Pipelined()
    {
        var second = new SiloPlace(_directory, SiloPlace.Maildir(_directory.Sub("mail")), "second");
        var first = new SiloPlace(_directory, SiloPlace.EcStream(second.ListenPort), "first");
        using var receiver = await SiloProcess.StartAsync(second);
        using var sender = await SiloProcess.StartAsync(first);
        var books = new LoadBooks(_directory.Sub("ledger"));

        await books.RunAsync(first.Listen, count: 1_000, size: 3_000, connections: 3);

        Assert.Equal(1_000, (await sender.DrainsAsync()).Relay.Delivered);
        var status = await receiver.DrainsAsync();
        var result = books.Balance(DeliveredMail.ReadAll(_directory.Sub("mail")));
        Assert.Empty(result.Duplicated);
        Assert.Equal(1_000, status.Sessions.MessagesAccepted);

        // Kept connections, and far fewer batches than messages.
        Assert.InRange(status.Sessions.Total, 1, 4);
        Assert.InRange(Assert.Single(status.Peers).Batches, 1, 500);
        Assert.DoesNotContain(OneMessageAConnection, sender.Process.Output);
        Assert.Equal(0, await sender.TerminateAsync());
        Assert.Equal(0, await receiver.TerminateAsync());
    }

    /// <summary>Relays 350 messages to a gateway that takes one a connection.</summary>
    private async Task RelayAsync(int port)
    {
        var place = new SiloPlace(_directory, SiloPlace.EcStream(port));
        using var silo = await SiloProcess.StartAsync(place);
        var books = new LoadBooks(_directory.Sub("ledger"));
        await books.RunAsync(place.Listen, count: 300, size: 4_000, connections: 2);
        var message = _directory.File("message.eml", "Subject: one\r\n\r\n.\r\nText.\r\n");
        var inject = await ToolProcess.RunEcGridAsync("inject", "--to", place.Listen, "--from", "", "--rcpt", "b@gateway.test", "--repeat", "50", message);
        Assert.True(inject.ExitCode == 0, inject.Errors);

        var status = await silo.DrainsAsync();

        Assert.Equal((350, 0, 0), (status.Relay.Delivered, status.Relay.Failed, status.Spool.MessagesFailed));
        Assert.Contains(OneMessageAConnection, silo.Process.Output);

        // Found out without a message whose fate is unknown.
        Assert.Equal(0, status.Relay.Deferred);
        Assert.Equal(0, await silo.TerminateAsync());
    }
}
