using System.Text;
using EcStreamOrleans.Grid.Tests.Harness;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>Clients that others wrote inject; what they sent arrives.</summary>
public sealed class InteropInTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [QmqpSourceFact]
    public async Task QmqpSource_OneMessageAConnectionWithAResetBehindIt()
    {
        var place = new SiloPlace(_directory, SiloPlace.Maildir(_directory.Sub("mail")));
        using var silo = await SiloProcess.StartAsync(place);

        var source = await ToolProcess.RunAsync(
            InteropTools.QmqpSource!, ["-s", "10", "-m", "200", "-l", "5000", "-f", "from@source.test", "-t", "to@grid.test", place.Listen]);

        Assert.Equal((0, ""), (source.ExitCode, source.Errors));
        var status = await silo.DrainsAsync();
        Assert.Equal((200, 0, 0), (status.Sessions.MessagesAccepted, status.Sessions.MessagesDeferred, status.Sessions.MessagesRejected));
        Assert.Equal(200, status.Sessions.Total);
        var mails = DeliveredMail.ReadAll(_directory.Sub("mail"));
        Assert.Equal(200, mails.Count);
        Assert.All(mails, mail => Assert.Equal(("from@source.test", "to@grid.test"), (mail.Sender, mail.Recipient)));

        // All its messages are the same octets.
        Assert.Single(mails.Select(mail => mail.Text).Distinct());
        Assert.Equal(5_000, mails[0].Message.Length);
        await silo.ReachesAsync(s => s.Sessions.Active == 0, "all sessions have ended");
        Assert.DoesNotContain("fail: EcStreamOrleans", silo.Process.Output);
        Assert.DoesNotContain("warn: EcStreamOrleans", silo.Process.Output);
    }

    [NullmailerFact]
    public async Task Nullmailer_MessagesArriveByteForByte()
    {
        var place = new SiloPlace(_directory, SiloPlace.Maildir(_directory.Sub("mail")));
        using var silo = await SiloProcess.StartAsync(place);
        (string Sender, string[] Recipients, string Message)[] sent =
        [
            ("a@null.test", ["b@grid.test"], "Subject: plain\n\nOne line.\n"),
            ("a@null.test", ["b@grid.test", "c@grid.test"], "Subject: two recipients\n\nText.\n"),
            ("a@null.test", ["b@grid.test"], "Subject: dots and no line end\n\n.\n..\n.x\nend"),
            ("a@null.test", ["b@grid.test"], $"Subject: octets\n\n{string.Concat(Enumerable.Range(1, 255).Select(c => (char)c))}\n"),
            ("a@null.test", ["b@grid.test"], $"Subject: big\n\n{string.Concat(Enumerable.Repeat("0123456789abcdef\n", 100_000))}"),
        ];
        foreach (var (sender, recipients, message) in sent)
        {
            var file = _directory.Sub("queued");
            File.WriteAllText(file, $"{sender}\n{string.Join('\n', recipients)}\n\n{message}", Encoding.Latin1);

            // The options come on standard input, the mail on descriptor 3.
            var client = await ToolProcess.RunAsync(
                "/bin/sh",
                ["-c", "exec \"$1\" \"$2\" -p \"$3\" 3< \"$4\"", "sh", InteropTools.NullmailerQmqp!, "--host=127.0.0.1", $"{place.ListenPort}", file]);
            Assert.True(client.ExitCode == 0, client.Errors);
        }

        await silo.DrainsAsync();
        var mails = DeliveredMail.ReadAll(_directory.Sub("mail"));
        var expected = sent.SelectMany(s => s.Recipients.Select(r => (s.Sender, r, LoadBooks.Hash(DeliveredMail.BodyOf(Encoding.Latin1.GetBytes(s.Message)))))).Order();
        Assert.Equal(expected, mails.Select(m => (m.Sender, m.Recipient, LoadBooks.Hash(m.Body))).Order());
    }

    [Fact]
    public async Task RealMail_ArrivesByteForByte()
    {
        var place = new SiloPlace(_directory, SiloPlace.Maildir(_directory.Sub("mail")));
        using var silo = await SiloProcess.StartAsync(place);
        var random = new Random(20260505);
        var attachment = new byte[7_600_000];
        random.NextBytes(attachment);
        var octets = new byte[65_536];
        random.NextBytes(octets);
        byte[][] messages =
        [
            Lines("\r\n", "From: Zoë <zoe@example.com>", "To: b@grid.test", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", "Grüße aus Łódź, 日本.", ""),
            Lines("\n", "Subject: line feeds only", "", ".", "..", ".leading dot", "From here on", "", ""),
            Lines("\r\n", "Subject: lone dots", "", ".", "", ".", "", "."),
            [],
            "\r\n\r\n"u8.ToArray(),
            "no header, no line end"u8.ToArray(),
            Encoding.ASCII.GetBytes("Subject: long line\r\n\r\n" + new string('x', 100_000)),
            [.. "Subject: any octet\r\n\r\n"u8, .. octets],
            Lines("\r\n", "Subject: with attachment", "MIME-Version: 1.0", "Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64", "",
                Convert.ToBase64String(attachment, Base64FormattingOptions.InsertLineBreaks), ""),
        ];
        Assert.InRange(messages[^1].Length, 10_000_000, 11_000_000);
        var files = messages.Select((message, i) => (File: _directory.Sub($"{i}.eml"), message)).ToList();
        files.ForEach(f => File.WriteAllBytes(f.File, f.message));

        var inject = await ToolProcess.RunEcGridAsync(
            ["inject", "--to", place.Listen, "--from", "zoe@example.com", "--rcpt", "b@grid.test", "--rcpt", "c@grid.test", "--json", .. files.Select(f => f.File)]);

        Assert.True(inject.ExitCode == 0, inject.Output + inject.Errors);
        var status = await silo.DrainsAsync();
        Assert.Equal((messages.Length, 0), (status.Sessions.MessagesAccepted, status.Spool.MessagesFailed));
        var mails = DeliveredMail.ReadAll(_directory.Sub("mail"));
        foreach (var recipient in new[] { "b@grid.test", "c@grid.test" })
        {
            Assert.Equal(
                messages.Select(m => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(m))).Order(),
                mails.Where(m => m.Recipient == recipient).Select(m => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(m.Message))).Order());
        }

        Assert.All(mails, mail => Assert.Equal("zoe@example.com", mail.Sender));
    }

    private static byte[] Lines(string end, params string[] lines) => Encoding.UTF8.GetBytes(string.Join(end, lines));
}
