namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>The scopes that each option on its own falls back along, the nearest first.</summary>
internal sealed class SettingChain(params IEnumerable<ScopeSettings?> scopes)
{
    public IReadOnlyList<ScopeSettings> Scopes { get; } = [.. scopes.OfType<ScopeSettings>()];

    public Setting? Find(OptionDefinition definition)
    {
        foreach (var scope in Scopes)
        {
            if (scope.Find(definition) is { } setting)
            {
                return setting;
            }
        }

        return null;
    }

    public T Get<T>(OptionDefinition definition, T otherwise) => Find(definition) is { } setting ? (T)setting.Value : otherwise;
}
