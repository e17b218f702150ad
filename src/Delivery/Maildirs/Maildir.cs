using System.Buffers;

namespace EcStreamOrleans.Delivery.Maildirs;

/// <summary>
/// Writes messages into one Maildir (https://cr.yp.to/proto/maildir.html). A message is there, durably, before the delivery
/// says so: the file is written in <c>tmp</c> and flushed, renamed into <c>new</c>, and <c>new</c> is flushed. Two header
/// lines stand before the message, <c>Return-Path</c> and <c>Delivered-To</c>; its octets follow unchanged.
/// Calls block on the disk; any number may run at the same time.
/// </summary>
public sealed class Maildir
{
    private readonly IMaildirFiles _files;
    private readonly MaildirNames _names;
    private readonly string _tmp;
    private readonly string _new;
    private volatile bool _exists;

    /// <summary>A Maildir. Nothing is touched before the first delivery.</summary>
    /// <param name="directory">Where it is; created, readable for its owner only, when missing.</param>
    /// <param name="host">The host's name, the last part of file names.</param>
    /// <param name="timeProvider">The clock, for file names.</param>
    public Maildir(string directory, string host, TimeProvider timeProvider)
        : this(directory, host, timeProvider, new MaildirFiles())
    {
    }

    internal Maildir(string directory, string host, TimeProvider timeProvider, IMaildirFiles files)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _files = files;
        _names = new MaildirNames(host, timeProvider);
        Directory = Path.GetFullPath(directory);
        _tmp = Path.Combine(Directory, "tmp");
        _new = Path.Combine(Directory, "new");
    }

    /// <summary>Where it is.</summary>
    public string Directory { get; }

    /// <summary>Delivers one message.</summary>
    /// <param name="message">The message.</param>
    /// <returns>The file, or why there is none.</returns>
    public MaildirResult Deliver(in MaildirMessage message) => DeliverBatch([message])[0];

    /// <summary>
    /// Delivers many messages with one flush of the directory. Each message's result is its own; only when that last flush
    /// fails have all failed, although some may turn up: the next attempt may duplicate, it never loses.
    /// </summary>
    /// <param name="messages">The messages.</param>
    /// <returns>One result for each, in their order.</returns>
    public MaildirResult[] DeliverBatch(ReadOnlySpan<MaildirMessage> messages)
    {
        var results = new MaildirResult[messages.Length];
        if (messages.IsEmpty)
        {
            return results;
        }

        if (Try(Create) is { } noMaildir)
        {
            Array.Fill(results, noMaildir);
            return results;
        }

        var delivered = false;
        for (var i = 0; i < messages.Length; i++)
        {
            results[i] = WriteOne(messages[i]);
            delivered |= results[i].IsDelivered;
        }

        if (delivered && Try(() => _files.SyncDirectory(_new)) is { } notDurable)
        {
            for (var i = 0; i < results.Length; i++)
            {
                results[i] = results[i].IsDelivered ? notDurable : results[i];
            }
        }

        return results;
    }

    private MaildirResult WriteOne(in MaildirMessage message)
    {
        if (!IsLine(message.Sender.Span) || !IsLine(message.Recipient.Span))
        {
            return MaildirResult.TemporaryFailure("an address contains CR, LF or NUL and cannot stand in a header line");
        }

        var name = _names.Next(message.Id ?? string.Empty);
        var temporary = Path.Combine(_tmp, name);
        var final = Path.Combine(_new, name);
        var (head, body) = (Head(message), message.Message);
        if (Try(() => Place(temporary, final, head, body)) is { } failure)
        {
            // What is left in tmp after this is swept by any Maildir reader after 36 hours, as the format says.
            _ = Try(() => _files.Delete(temporary));
            return failure;
        }

        return MaildirResult.Delivered(final);
    }

    private void Place(string temporary, string final, byte[] head, ReadOnlyMemory<byte> body)
    {
        _files.WriteDurably(temporary, head, body.Span);
        _files.Rename(temporary, final);
    }

    private void Create()
    {
        if (_exists)
        {
            return;
        }

        // Parents of the Maildir are made but not flushed beyond the nearest: they are the operator's.
        if (_files.CreateDirectory(Directory) && Path.GetDirectoryName(Directory) is { Length: > 0 } parent)
        {
            _files.SyncDirectory(parent);
        }

        _files.CreateDirectory(_tmp);
        _files.CreateDirectory(_new);
        _files.CreateDirectory(Path.Combine(Directory, "cur"));

        // Also when nothing was missing: whoever made them may have died before this flush.
        _files.SyncDirectory(Directory);
        _exists = true;
    }

    /// <summary>The one place where a failing file system becomes a result.</summary>
    private MaildirResult? Try(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Someone may have removed the directories: the next delivery looks again.
            _exists = false;
            return MaildirResult.TemporaryFailure($"Maildir {Directory}: {failure.Message}");
        }
    }

    private static bool IsLine(ReadOnlySpan<byte> address) => address.IndexOfAny((byte)'\r', (byte)'\n', (byte)0) < 0;

    // A Maildir is a Unix format: its lines end in LF. A message that came with CRLF is kept as it is, and lines of both
    // kinds in one header would confuse readers, so the first line of the message decides.
    private static byte[] Head(in MaildirMessage message)
    {
        var body = message.Message.Span;
        var lineFeed = body.IndexOf((byte)'\n');
        var end = lineFeed > 0 && body[lineFeed - 1] == '\r' ? "\r\n"u8 : "\n"u8;
        var head = new ArrayBufferWriter<byte>(64 + message.Sender.Length + message.Recipient.Length);
        head.Write("Return-Path: <"u8);
        head.Write(message.Sender.Span);
        head.Write(">"u8);
        head.Write(end);
        head.Write("Delivered-To: "u8);
        head.Write(message.Recipient.Span);
        head.Write(end);
        return head.WrittenSpan.ToArray();
    }
}
