using System.Text;
using EcStreamOrleans.Grid.Tests.Harness;

namespace EcStreamOrleans.Grid.Tests.Relay;

public sealed class MaildirRelayTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string New => _directory.Sub("mail/new");

    [Fact]
    public async Task EachRecipient_GetsAFile_WithItsHeadersAndTheMessageUnchanged()
    {
        await using var silo = await StartAsync();
        var message = "Subject: x\n\nline\r\n.\n\0\u00e4\u00ff no newline at the end";
        var replies = await EcStreamRelayTests.InjectAsync(silo, RawClient.Package(message, "from@a.test", "one@b.test", "two@b.test"), RawClient.Package("", ""));

        await Within.Becomes(async () => (await silo.StatusAsync()).Spool.MessagesWaiting == 0, "all is delivered");

        var files = Directory.GetFiles(New).Select(File.ReadAllBytes).Select(Encoding.Latin1.GetString).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(
            [
                "Return-Path: <>\nDelivered-To: r@b.test\n",
                $"Return-Path: <from@a.test>\nDelivered-To: one@b.test\n{message}",
                $"Return-Path: <from@a.test>\nDelivered-To: two@b.test\n{message}",
            ],
            files);
        Assert.Empty(Directory.GetFiles(_directory.Sub("mail/tmp")));
        Assert.Contains(Directory.GetFiles(New), f => f.Contains(replies[0].Split(' ')[2], StringComparison.Ordinal));
    }

    [Fact]
    public async Task ADirectoryThatCannotBeWritten_IsATemporaryFailure_ThatEndsWithItsCause()
    {
        // A file stands where the Maildir should be.
        var obstacle = _directory.File("mail", "not a directory");
        await using var silo = await StartAsync();
        await EcStreamRelayTests.InjectAsync(silo, RawClient.Package("patient"));
        await Within.Becomes(async () => (await silo.StatusAsync()).Relay is { Deferred: > 0, LastError: not null }, "the failure shows in the status");
        Assert.Equal(1, (await silo.StatusAsync()).Spool.MessagesWaiting);

        File.Delete(obstacle);

        await Within.Becomes(async () => (await silo.StatusAsync()).Spool.MessagesWaiting == 0, "it is delivered");
        Assert.EndsWith("patient", await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(New))));
    }

    private Task<TestSilo> StartAsync() => TestSilo.StartAsync(
        _directory,
        $$"""
        ECStream_Listener { Listen "127.0.0.1:0" { } }
        Delivery_Method = "MAILDIR"
        Gateway = "{{_directory.Sub("mail")}}"
        """,
        settings => settings.Relay.RetryMin = TimeSpan.FromMilliseconds(50));
}
