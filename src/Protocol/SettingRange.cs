using System.Numerics;

namespace EcStreamOrleans.Protocol;

/// <summary>Checks settings against their ranges, and says what is wrong in one form everywhere.</summary>
public static class SettingRange
{
    /// <summary>What is wrong with a value.</summary>
    /// <typeparam name="T">A number.</typeparam>
    /// <param name="setting">The setting's whole name, as a person writes it.</param>
    /// <param name="value">The value seen.</param>
    /// <param name="min">The least allowed.</param>
    /// <param name="max">The most allowed.</param>
    /// <returns>A sentence with all four, or null if the value is allowed.</returns>
    public static string? Check<T>(string setting, T value, T min, T max)
        where T : IComparisonOperators<T, T, bool> =>
        value >= min && value <= max ? null : $"{setting} = {value}: must be between {min} and {max}.";
}
