namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>How the value of an option is read.</summary>
public enum OptionType
{
    /// <summary>A whole number in a range.</summary>
    Number,

    /// <summary>true, yes, on, enabled, 1 or their opposites.</summary>
    Boolean,

    /// <summary>Permission bits in octal.</summary>
    Octal,

    /// <summary>A word or a string.</summary>
    Text,

    /// <summary>A file: a relative path is looked for beside the file that states it.</summary>
    Path,

    /// <summary>A list of TLS protocols, as in <c>+ALL:-TLSv1.0</c>.</summary>
    Protocols,

    /// <summary>A <see cref="TlsVerifyMode"/>.</summary>
    VerifyMode,

    /// <summary>An array of blocks of addresses, or one alone.</summary>
    Blocks,
}
