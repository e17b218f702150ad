namespace EcStreamOrleans.Protocol.Framing;

/// <summary>A message and its envelope, as views of the package they came in.</summary>
public readonly ref struct Envelope
{
    internal Envelope(ReadOnlySpan<byte> message, ReadOnlySpan<byte> sender, ReadOnlySpan<byte> recipients, int recipientCount)
    {
        Message = message;
        Sender = sender;
        RawRecipients = recipients;
        RecipientCount = recipientCount;
    }

    /// <summary>The message, octet for octet.</summary>
    public ReadOnlySpan<byte> Message { get; }

    /// <summary>The envelope sender; empty is the null sender.</summary>
    public ReadOnlySpan<byte> Sender { get; }

    /// <summary>How many recipients there are: at least one.</summary>
    public int RecipientCount { get; }

    /// <summary>The recipients, in their order.</summary>
    public RecipientEnumerator Recipients => new(RawRecipients);

    private ReadOnlySpan<byte> RawRecipients { get; }

    /// <summary>Walks over the recipients without a copy.</summary>
    public ref struct RecipientEnumerator
    {
        private ReadOnlySpan<byte> _rest;
        private ReadOnlySpan<byte> _current;

        internal RecipientEnumerator(ReadOnlySpan<byte> rest) => _rest = rest;

        /// <summary>The recipient.</summary>
        public readonly ReadOnlySpan<byte> Current => _current;

        /// <summary>So that foreach works on it.</summary>
        public readonly RecipientEnumerator GetEnumerator() => this;

        /// <summary>Goes to the next recipient.</summary>
        public bool MoveNext()
        {
            var rest = _rest;
            var found = Netstring.TryTake(ref rest, out var recipient);
            _current = recipient;
            _rest = rest;
            return found;
        }
    }
}

/// <summary>The closed set of things that can be wrong inside a package whose frame is sound.</summary>
public enum PackageFaultKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The inside is not a message, a sender and recipients, each a netstring, and nothing else.</summary>
    Structure,

    /// <summary>There is no recipient.</summary>
    NoRecipient,

    /// <summary>A recipient has no octet.</summary>
    EmptyRecipient,

    /// <summary>An address contains CR, LF or NUL.</summary>
    AddressOctet,

    /// <summary>An address is longer than <see cref="FramingLimits.MaxAddressBytes"/>.</summary>
    AddressTooLong,

    /// <summary>More recipients than <see cref="FramingLimits.MaxRecipients"/>.</summary>
    TooManyRecipients,
}

/// <summary>What is wrong with a package, with the value seen and the value allowed where a limit is concerned.</summary>
/// <param name="Kind">Which of the closed set.</param>
/// <param name="Seen">The value seen (octets, recipients), or where in the inside the structure breaks.</param>
/// <param name="Allowed">The limit.</param>
public readonly record struct PackageFault(PackageFaultKind Kind, long Seen, long Allowed)
{
    /// <summary>The package is sound.</summary>
    public static PackageFault None => default;

    /// <summary>The text of the <c>D</c> reply: status code, words, and where it concerns a limit its name and both values.</summary>
    public string ToReplyText() => Kind switch
    {
        PackageFaultKind.Structure => $"5.5.2 malformed package: no netstring at octet {Seen} of its inside",
        PackageFaultKind.NoRecipient => "5.5.4 no recipient",
        PackageFaultKind.EmptyRecipient => $"5.1.3 recipient {Seen} is empty",
        PackageFaultKind.AddressOctet => "5.1.3 address contains CR, LF or NUL",
        PackageFaultKind.AddressTooLong => $"5.1.3 address too long: {Seen} > {Allowed} bytes (Grid:Limits:MaxAddressBytes)",
        PackageFaultKind.TooManyRecipients => $"5.5.3 too many recipients: {Seen} > {Allowed} (Grid:Limits:MaxRecipients)",
        _ => throw new InvalidOperationException("A sound package has no fault to tell."),
    };
}
