using System.Globalization;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Reads the value of an option as its type, or reports why that cannot be.</summary>
internal sealed class OptionReader(DiagnosticBag diagnostics)
{
    /// <param name="option">The option.</param>
    /// <param name="min">The least value.</param>
    /// <param name="max">The greatest value.</param>
    /// <param name="unit">What the number counts, for the message.</param>
    /// <returns>The number, or <see langword="null"/> after an error.</returns>
    public int? Integer(ConfigOption option, int min, int max, string unit)
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
            && value >= min
            && value <= max
                ? value
                : Refuse(option, scalar, max == int.MaxValue ? $"an integer of at least {min} ({unit})" : $"an integer from {min} to {max} ({unit})");
    }

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

    /// <summary>Seconds within a range, as a span of time.</summary>
    public TimeSpan? Seconds(ConfigOption option, TimeSpan min, TimeSpan max) =>
        Integer(option, (int)min.TotalSeconds, (int)max.TotalSeconds, "seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

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
