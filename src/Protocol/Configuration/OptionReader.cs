using System.Globalization;
using System.Security.Authentication;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Reads the value of an option as its type, or reports why that cannot be.</summary>
internal sealed class OptionReader(DiagnosticBag diagnostics)
{
    /// <returns>
    /// An <see cref="int"/>, <see cref="bool"/>, <see cref="ConfigScalar"/>, <see cref="ConfigPath"/>, <see cref="SslProtocols"/>,
    /// <see cref="TlsVerifyMode"/> or tree of blocks, by the definition's type; <see langword="null"/> after an error.
    /// </returns>
    public object? Read(OptionDefinition definition, ConfigOption option) => definition.Type switch
    {
        OptionType.Number => Integer(option, definition),
        OptionType.Boolean => Boolean(option),
        OptionType.Octal => Permissions(option),
        OptionType.Path => File(option),
        OptionType.Protocols => Protocols(option),
        OptionType.VerifyMode => VerifyMode(option),
        OptionType.Blocks => Blocks(option),
        _ => Text(option),
    };

    /// <returns>The number, in the range of the definition, or <see langword="null"/> after an error.</returns>
    public int? Integer(ConfigOption option, OptionDefinition definition)
    {
        if (Scalar(option, "an integer") is not { } scalar)
        {
            return null;
        }

        var digits = scalar.Text.AsSpan().TrimStart('-');
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9') || scalar.Text.Length - digits.Length > 1)
        {
            return Refuse(option, scalar, "an integer");
        }

        // More digits than fit are still an integer: what is wrong with it is its size.
        return int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && value >= definition.Min
            && value <= definition.Max
                ? value
                : Refuse(option, scalar, $"an integer {Range(definition)} ({definition.Unit})");
    }

    private static string Range(OptionDefinition definition) =>
        definition.Max == int.MaxValue ? $"of at least {definition.Min}" : $"from {definition.Min} to {definition.Max}";

    /// <summary>A boolean in any of the words that Momentum takes.</summary>
    public bool? Boolean(ConfigOption option)
    {
        const string Expected = "true or false (also yes, no, on, off, enabled, disabled, 1, 0)";
        if (Scalar(option, Expected) is not { } scalar)
        {
            return null;
        }

        switch (scalar.Text.ToUpperInvariant())
        {
            case "TRUE" or "YES" or "ON" or "ENABLED" or "1":
                return true;
            case "FALSE" or "NO" or "OFF" or "DISABLED" or "0":
                return false;
            default:
                Refuse(option, scalar, Expected);
                return null;
        }
    }

    /// <summary>Permission bits, written in octal.</summary>
    public int? Permissions(ConfigOption option)
    {
        const string Expected = "permissions in octal, from 0 to 0777";
        if (Scalar(option, Expected) is not { } scalar)
        {
            return null;
        }

        var digits = scalar.Text.AsSpan().TrimStart('0');
        if (scalar.Text.Length == 0 || digits.Length > 3 || digits.ContainsAnyExceptInRange('0', '7'))
        {
            return Refuse(option, scalar, Expected);
        }

        var mode = 0;
        foreach (var digit in digits)
        {
            mode = (mode * 8) + (digit - '0');
        }

        return mode;
    }

    /// <summary>The value as a string that is not empty.</summary>
    public ConfigScalar? Text(ConfigOption option)
    {
        if (Scalar(option, "a string") is not { } scalar)
        {
            return null;
        }

        if (scalar.Text.Length > 0)
        {
            return scalar;
        }

        Refuse(option, scalar, "a string that is not empty");
        return null;
    }

    /// <summary>A file, a relative path from the directory of the file that states it.</summary>
    private ConfigPath? File(ConfigOption option)
    {
        if (Text(option) is not { } scalar)
        {
            return null;
        }

        if (!scalar.Text.Contains('\0', StringComparison.Ordinal))
        {
            var directory = Path.GetDirectoryName(scalar.Location.File) ?? "";
            return new ConfigPath(Path.GetFullPath(Path.Combine(directory, scalar.Text)), scalar.Location);
        }

        Refuse(option, scalar, "the path of a file");
        return null;
    }

    private SslProtocols? Protocols(ConfigOption option)
    {
        if (Text(option) is not { } scalar)
        {
            return null;
        }

        var (list, error) = TlsProtocolList.Parse(scalar.Text);
        if (list.Missing.ToArray() is { Length: > 0 } missing)
        {
            diagnostics.Warning(
                scalar.Location, $"{option.Name}: {string.Join(" and ", missing)} left out: this platform has neither SSLv2 nor SSLv3", scalar.Text);
        }

        if (list.Outdated.ToArray() is { Length: > 0 } outdated)
        {
            diagnostics.Warning(
                scalar.Location,
                $"{option.Name}: {string.Join(" and ", outdated)} {(outdated.Length == 1 ? "is" : "are")} obsolete (RFC 8996); the policy of the system's OpenSSL may refuse all the same",
                scalar.Text);
        }

        if (error is null)
        {
            return list.Protocols;
        }

        diagnostics.Error(scalar.Location, $"{option.Name}: {error}", scalar.Text, "a list of protocols");
        return null;
    }

    // Any other word means the same as none in Momentum, which is hardly what its writer meant.
    private TlsVerifyMode? VerifyMode(ConfigOption option)
    {
        if (Text(option) is not { } scalar)
        {
            return null;
        }

        switch (scalar.Text.ToUpperInvariant())
        {
            case "NONE":
                return TlsVerifyMode.None;
            case "REQUIRE":
                return TlsVerifyMode.Require;
            case "OPTIONAL" or "UNSET":
                return TlsVerifyMode.Optional;
            default:
                diagnostics.Warning(
                    scalar.Location,
                    $"{option.Name}: '{Token.Shorten(scalar.Text)}' means optional, as in Momentum: a certificate is verified if a client presents one",
                    scalar.Text);
                return TlsVerifyMode.Optional;
        }
    }

    private PrefixTree<CidrBlock>? Blocks(ConfigOption option)
    {
        if (option.Value is ConfigDictionary)
        {
            Scalar(option, "an array of addresses and blocks");
            return null;
        }

        var items = option.Value is ConfigArray array ? array.Items : [(ConfigScalar)option.Value];
        var blocks = new HashSet<CidrBlock>();
        var isValid = true;
        foreach (var item in items)
        {
            if (Block(option.Name, item.Text, item.Location) is { } block)
            {
                blocks.Add(block);
            }
            else
            {
                isValid = false;
            }
        }

        return isValid ? new PrefixTree<CidrBlock>(blocks.Select(b => KeyValuePair.Create(b, b))) : null;
    }

    /// <summary>A block of addresses.</summary>
    /// <param name="owner">The option or the scope that it is for.</param>
    /// <param name="text">The block.</param>
    /// <param name="location">Where it stands.</param>
    public CidrBlock? Block(string owner, string text, SourceLocation location)
    {
        if (!CidrBlock.TryParse(text, out var block, out var hadHostBits, out var error))
        {
            diagnostics.Error(
                location,
                $"unable to parse {owner} {Token.Shorten(text)}: {error}; expected for example \"10.0.0.1\", \"10.0.0.0/8\" or \"2001:db8::/32\"",
                text,
                "a block");
            return null;
        }

        if (hadHostBits)
        {
            diagnostics.Warning(location, $"{owner} {text} is read as {block}: bits beyond the prefix are cleared", text);
        }

        return block;
    }

    private ConfigScalar? Scalar(ConfigOption option, string expected)
    {
        if (option.Value is ConfigScalar scalar)
        {
            return scalar;
        }

        var found = option.Value is ConfigArray ? "an array" : "a dictionary";
        diagnostics.Error(option.Value.Location, $"{option.Name}: expected {expected}, found {found}", found, expected);
        return null;
    }

    private int? Refuse(ConfigOption option, ConfigScalar scalar, string expected)
    {
        diagnostics.Error(
            scalar.Location, $"{option.Name}: expected {expected}, found '{Token.Shorten(scalar.Text)}'", scalar.Text, expected);
        return null;
    }
}
