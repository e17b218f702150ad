namespace EcStreamOrleans.Delivery.Maildirs;

/// <summary>One message for one recipient.</summary>
/// <param name="Id">
/// A stable part of the file's name, usually the message's id: a message delivered twice, which a crash can cause, is then
/// recognised by a person. Empty for none. Octets unfit for a file name are replaced.
/// </param>
/// <param name="Sender">The envelope sender; empty is the null sender.</param>
/// <param name="Recipient">The envelope recipient.</param>
/// <param name="Message">The message, octet for octet. Not to be changed before the delivery returns.</param>
public readonly record struct MaildirMessage(
    string Id,
    ReadOnlyMemory<byte> Sender,
    ReadOnlyMemory<byte> Recipient,
    ReadOnlyMemory<byte> Message);
