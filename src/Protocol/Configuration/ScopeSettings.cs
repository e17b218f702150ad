namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What one scope sets, gathered from all of its parts: a later one shadows an earlier one.</summary>
/// <param name="context">What the binders share.</param>
/// <param name="scope">The scope's name: it takes the options that are legal in it.</param>
/// <param name="origin">Its path, as the console writes it.</param>
internal sealed class ScopeSettings(BindingContext context, string scope, string origin)
{
    private readonly Dictionary<OptionDefinition, Setting> _settings = [];

    public string Origin => origin;

    public PolicyLevel Level => new(
        origin,
        Find(OptionDefinitions.IdleTime) is { Value: int seconds } ? TimeSpan.FromSeconds(seconds) : null,
        Find(OptionDefinitions.MaxBatchSize)?.Value as int?);

    /// <returns><see langword="false"/> if the option is not legal in the scope.</returns>
    public bool TryBind(ConfigOption option)
    {
        if (OptionDefinitions.Find(option.Name) is not { } definition || !definition.Scopes.Contains(scope))
        {
            return false;
        }

        context.WarnOfDefinition(definition, option);
        if (context.Reader.Read(definition, option) is { } value)
        {
            _settings[definition] = new Setting(option, value);
        }

        return true;
    }

    public Setting? Find(OptionDefinition definition) => _settings.GetValueOrDefault(definition);

    /// <summary>Those of some options that the scope sets.</summary>
    public IEnumerable<Setting> Among(IEnumerable<OptionDefinition> definitions) => definitions.Select(Find).OfType<Setting>();
}
