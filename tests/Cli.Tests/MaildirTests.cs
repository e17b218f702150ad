using System.Collections.Concurrent;
using System.Text;
using EcStreamOrleans.Delivery.Maildirs;

namespace EcStreamOrleans.Cli.Tests;

public sealed class MaildirTests
{
    [Theory]
    [InlineData("Subject: x\n\nbody\n", "\n")]
    [InlineData("Subject: x\r\n\r\nbody\r\n", "\r\n")]
    [InlineData("Subject: x\n\nbody\r\n", "\n")]
    [InlineData("", "\n")]
    [InlineData("no line end", "\n")]
    public void Deliver_Message_IsThereUnchangedBehindTwoHeaderLines(string message, string lineEnd)
    {
        using var temp = new TempDirectory();
        var maildir = new Maildir(temp.In("mail"), "host", TimeProvider.System);
        var result = maildir.Deliver(Message("id-1", message));
        Assert.True(result.IsDelivered, result.Reason);
        Assert.Equal(
            $"Return-Path: <a@example.com>{lineEnd}Delivered-To: b@example.com{lineEnd}{message}", File.ReadAllText(result.Path, Encoding.Latin1));
        Assert.Equal(temp.In("mail/new"), Path.GetDirectoryName(result.Path));
        Assert.Empty(Directory.GetFiles(temp.In("mail/tmp")));
        Assert.True(Directory.Exists(temp.In("mail/cur")));
        Assert.True(!OperatingSystem.IsWindows() && File.GetUnixFileMode(result.Path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public void Deliver_EveryOctet_IsKept()
    {
        using var temp = new TempDirectory();
        var octets = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var result = new Maildir(temp.In("mail"), "host", TimeProvider.System)
            .Deliver(new MaildirMessage("", ReadOnlyMemory<byte>.Empty, "b"u8.ToArray(), octets));
        Assert.Equal("Return-Path: <>\nDelivered-To: b\n"u8.ToArray().Concat(octets), File.ReadAllBytes(result.Path!));
    }

    [Fact]
    public void Names_OfTenThousandConcurrentDeliveries_AreDistinctAndKeepTheId()
    {
        var files = new MemoryFiles();
        Parallel.For(0, 10_000, i => Assert.True(new Maildir("/mail", "ho/st:1", TimeProvider.System, files).Deliver(Message("id/../7", "x")).IsDelivered));
        Assert.Equal(10_000, files.Delivered.Count);
        Assert.All(files.Delivered.Keys, name => Assert.Matches(@"^/mail/new/[0-9]+\.M[0-9]{6}P[0-9]+Q[0-9]+_id_\.\._7\.ho_st_1$", name));
    }

    [Fact]
    public void DeliverBatch_FlushesTheDirectoryOnce()
    {
        var files = new MemoryFiles();
        var results = new Maildir("/mail", "host", TimeProvider.System, files).DeliverBatch([.. Enumerable.Range(0, 50).Select(i => Message($"{i}", "x"))]);
        Assert.All(results, result => Assert.True(result.IsDelivered));
        Assert.Equal(1, files.Synced.Count(path => path == "/mail/new"));
    }

    [Theory]
    [InlineData("create")]
    [InlineData("write")]
    [InlineData("rename")]
    [InlineData("sync")]
    public void Deliver_FileSystemFails_IsATemporaryFailureAndTheNextOneWorks(string step)
    {
        var files = new MemoryFiles { FailingStep = step };
        var maildir = new Maildir("/mail", "host", TimeProvider.System, files);
        var result = maildir.Deliver(Message("1", "x"));
        Assert.False(result.IsDelivered);
        Assert.Equal("Maildir /mail: No space left on device", result.Reason);
        Assert.Empty(files.Temporary);
        files.FailingStep = null;
        Assert.True(maildir.Deliver(Message("1", "x")).IsDelivered);
    }

    [Fact]
    public void DeliverBatch_OneFileFails_OnlyItsMessageFails()
    {
        var files = new MemoryFiles { FailingId = "_7." };
        var results = new Maildir("/mail", "host", TimeProvider.System, files).DeliverBatch([.. Enumerable.Range(0, 10).Select(i => Message($"{i}", "x"))]);
        Assert.Equal([7], Enumerable.Range(0, 10).Where(i => !results[i].IsDelivered));
        Assert.Equal(9, files.Delivered.Count);
    }

    [Fact]
    public void Deliver_DirectoryIsAFile_IsATemporaryFailureThatNamesIt()
    {
        using var temp = new TempDirectory();
        var path = temp.File("mail", "not a directory");
        var result = new Maildir(path, "host", TimeProvider.System).Deliver(Message("1", "x"));
        Assert.False(result.IsDelivered);
        Assert.Contains(path, result.Reason);
    }

    [Fact]
    public void Deliver_DirectoryRemovedMeanwhile_FailsOnceAndIsMadeAgain()
    {
        using var temp = new TempDirectory();
        var maildir = new Maildir(temp.In("mail"), "host", TimeProvider.System);
        Assert.True(maildir.Deliver(Message("1", "x")).IsDelivered);
        Directory.Delete(temp.In("mail"), recursive: true);
        Assert.False(maildir.Deliver(Message("1", "x")).IsDelivered);
        Assert.True(maildir.Deliver(Message("1", "x")).IsDelivered);
    }

    [Fact]
    public void Deliver_AddressWithLineFeed_IsNotWritten()
    {
        var files = new MemoryFiles();
        var result = new Maildir("/mail", "host", TimeProvider.System, files)
            .Deliver(new MaildirMessage("1", "a\nX-Forged: yes"u8.ToArray(), "b"u8.ToArray(), "x"u8.ToArray()));
        Assert.False(result.IsDelivered);
        Assert.Empty(files.Delivered);
    }

    private static MaildirMessage Message(string id, string message) =>
        new(id, "a@example.com"u8.ToArray(), "b@example.com"u8.ToArray(), Encoding.Latin1.GetBytes(message));

    /// <summary>A file system in memory, with a full disk on demand.</summary>
    private sealed class MemoryFiles : IMaildirFiles
    {
        public string? FailingStep { get; set; }

        public string? FailingId { get; init; }

        public ConcurrentDictionary<string, byte[]> Temporary { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, byte[]> Delivered { get; } = new(StringComparer.Ordinal);

        public ConcurrentQueue<string> Synced { get; } = new();

        public bool CreateDirectory(string path)
        {
            FailAt("create");
            return false;
        }

        public void WriteDurably(string path, ReadOnlySpan<byte> head, ReadOnlySpan<byte> message)
        {
            Assert.True(Temporary.TryAdd(path, [.. head, .. message]), path);
            FailAt("write");
            if (FailingId is not null && path.Contains(FailingId, StringComparison.Ordinal))
            {
                throw new IOException("Input/output error");
            }
        }

        public void Rename(string from, string to)
        {
            FailAt("rename");
            Assert.True(Temporary.TryRemove(from, out var content));
            Assert.True(Delivered.TryAdd(to, content!), to);
        }

        public void SyncDirectory(string path)
        {
            FailAt("sync");
            Synced.Enqueue(path);
        }

        public void Delete(string path) => Temporary.TryRemove(path, out _);

        private void FailAt(string step)
        {
            if (FailingStep == step)
            {
                throw new IOException("No space left on device");
            }
        }
    }
}
