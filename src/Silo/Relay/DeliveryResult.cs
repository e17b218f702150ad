namespace EcStreamOrleans.Silo.Relay;

/// <summary>How an attempt to deliver a message ends.</summary>
internal enum DeliveryStatus
{
    /// <summary>The gateway has it.</summary>
    Delivered,

    /// <summary>Not this time; the message waits for its next attempt.</summary>
    TemporaryFailure,

    /// <summary>Never; the message is kept as failed.</summary>
    PermanentFailure,
}

/// <summary>The result of an attempt.</summary>
/// <param name="Status">Which of the closed set.</param>
/// <param name="Text">The gateway's words, or the system's.</param>
internal readonly record struct DeliveryResult(DeliveryStatus Status, string Text)
{
    public static DeliveryResult Temporary(string text) => new(DeliveryStatus.TemporaryFailure, text);
}
