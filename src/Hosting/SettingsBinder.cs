using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace EcStreamOrleans.Hosting;

/// <summary>
/// Binds a section to an object and names everything that does not fit, all at once. The framework's binder stops at the
/// first bad value and says nothing of unknown keys.
/// </summary>
public static class SettingsBinder
{
    /// <summary>Binds a section.</summary>
    /// <param name="section">The section.</param>
    /// <param name="target">What its values go into.</param>
    /// <param name="errors">Takes a sentence for everything that does not fit.</param>
    /// <param name="isDerived">Properties that follow from others and are no settings.</param>
    public static void Bind(IConfigurationSection section, object target, List<string> errors, Func<PropertyInfo, bool> isDerived)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(errors);
        ArgumentNullException.ThrowIfNull(isDerived);
        var properties = target.GetType()
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanWrite && !isDerived(p))
            .ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            if (!properties.TryGetValue(child.Key, out var property))
            {
                errors.Add($"{child.Path}: unknown setting. {section.Path} has: {string.Join(", ", properties.Keys.Order(StringComparer.Ordinal))}.");
            }
            else if (IsSection(property.PropertyType))
            {
                if (child.Value is { Length: > 0 } value)
                {
                    errors.Add($"{child.Path} = {value}: is a section, not a value.");
                }

                Bind(child, property.GetValue(target)!, errors, isDerived);
            }
            else if (child.GetChildren().Any())
            {
                errors.Add($"{child.Path}: is a value, not a section.");
            }
            else
            {
                Set(child, property, target, errors);
            }
        }
    }

    private static bool IsSection(Type type) => type.IsClass && type != typeof(string);

    private static void Set(IConfigurationSection child, PropertyInfo property, object target, List<string> errors)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        try
        {
            property.SetValue(target, Convert(child.Value ?? "", type));
        }
        catch (Exception error) when (error is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            errors.Add($"{child.Path} = {child.Value}: must be {Describe(type)}.");
        }
    }

    private static object? Convert(string text, Type type)
    {
        // Times in seconds, as the configuration file has them, or in the framework's form.
        if (type == typeof(TimeSpan))
        {
            return double.TryParse(text, CultureInfo.InvariantCulture, out var seconds)
                ? TimeSpan.FromSeconds(seconds)
                : TimeSpan.Parse(text, CultureInfo.InvariantCulture);
        }

        // The framework's converter takes numbers and lists of names for an enumeration.
        return !type.IsEnum || Enum.GetNames(type).Contains(text, StringComparer.OrdinalIgnoreCase)
            ? TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text)
            : throw new FormatException();
    }

    private static string Describe(Type type) =>
        type == typeof(TimeSpan) ? "a number of seconds or HH:MM:SS"
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : type == typeof(double) ? "a number"
        : type == typeof(bool) ? "true or false"
        : type.IsEnum ? string.Join(" or ", Enum.GetNames(type))
        : $"a {type.Name}";
}
