using System.Runtime.InteropServices;
using System.Threading.Channels;
using EcStreamOrleans.Delivery.Maildirs;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Framing;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>Delivery method MAILDIR, an extension of ours: the gateway is a directory, and each recipient gets a file of his own.</summary>
internal sealed class MaildirGateway(GatewayOptions gateway, RelayOptions options, IStreamCodec codec, TimeProvider clock) : IGatewayClient
{
    private const int MessagesAPart = 64;

    private readonly Maildir _maildir = new(gateway.Directory!, Environment.MachineName, clock);

    public string DeliveryMethod => "MAILDIR";

    public string Gateway => _maildir.Directory;

    public string? Trouble { get; private set; }

    public Task RunAsync(ChannelReader<RelayItem> items, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Connections).Select(_ => WriteFilesAsync(items, cancellationToken)));

    private async Task WriteFilesAsync(ChannelReader<RelayItem> items, CancellationToken cancellationToken)
    {
        await foreach (var item in items.ReadAllAsync(cancellationToken))
        {
            // Files block: away from the threads that serve connections and grains.
            await Task.Factory.StartNew(() => Deliver(item, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    // A part at a time: what is in the Maildir is soon recorded, and one flush of the directory serves the part.
    private void Deliver(RelayItem item, CancellationToken cancellationToken)
    {
        for (var first = 0; first < item.Messages.Length; first += MessagesAPart)
        {
            cancellationToken.ThrowIfCancellationRequested();
            DeliverPart(item, first, Math.Min(item.Messages.Length, first + MessagesAPart));
        }
    }

    private void DeliverPart(RelayItem item, int firstPlace, int endPlace)
    {
        var messages = new List<MaildirMessage>();
        var places = new List<(int Place, int Recipient)>();
        for (var place = firstPlace; place < endPlace; place++)
        {
            Collect(item, place, messages, places);
        }

        var results = _maildir.DeliverBatch(CollectionsMarshal.AsSpan(messages));
        for (var first = 0; first < results.Length;)
        {
            var place = places[first].Place;
            var end = first;
            string? trouble = null;
            for (; end < results.Length && places[end].Place == place; end++)
            {
                trouble ??= results[end].Reason;
            }

            if (trouble is not null)
            {
                // Those that have it are done; the others get it at the next attempt.
                for (var i = first; i < end; i++)
                {
                    if (results[i].IsDelivered)
                    {
                        item.AddDeliveredRecipient(item.Messages[place], places[i].Recipient);
                    }
                }
            }

            Trouble = trouble;
            item.SetResult(place, trouble is null ? new DeliveryResult(DeliveryStatus.Delivered, "2.0.0 in the Maildir") : DeliveryResult.Temporary($"4.2.0 {trouble}"));
            first = end;
        }
    }

    private void Collect(RelayItem item, int place, List<MaildirMessage> messages, List<(int Place, int Recipient)> places)
    {
        if (!item.TryStart(place))
        {
            return;
        }

        var package = item.GetPackage(place);
        codec.ReadEnvelope(package.Span, FramingLimits.Unlimited, out var envelope);
        var message = Part(package, envelope.Message);
        var sender = Part(package, envelope.Sender);
        var id = MailSpool.FormatMessageId(item.Source.Spool.Id, item.Record.KnownAs, item.Messages[place]);
        var index = 0;
        foreach (var recipient in envelope.Recipients)
        {
            if (!item.Record.IsDone(item.Messages[place], index))
            {
                messages.Add(new MaildirMessage(id, sender, Part(package, recipient), message));
                places.Add((place, index));
            }

            index++;
        }

        if (places.Count == 0 || places[^1].Place != place)
        {
            item.SetResult(place, new DeliveryResult(DeliveryStatus.Delivered, "2.0.0 all recipients have it"));
        }
    }

    private static ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> whole, ReadOnlySpan<byte> part) =>
        whole.Span.Overlaps(part, out var offset) ? whole.Slice(offset, part.Length) : default;
}
