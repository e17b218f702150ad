namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Gathers the two options of a policy from the parts of one scope; a later part shadows an earlier one.</summary>
internal sealed class PolicyBinder(OptionReader reader, string origin)
{
    private TimeSpan? _idleTime;
    private int? _maxBatchSize;

    public string Origin => origin;

    public PolicyLevel Level => new(origin, _idleTime, _maxBatchSize);

    /// <returns><see langword="false"/> if the option is not one of a policy.</returns>
    public bool TryBind(ConfigOption option)
    {
        if (option.IsNamed(Vocabulary.IdleTime))
        {
            _idleTime = reader.Seconds(option, PolicyLimits.MinIdleTime, PolicyLimits.MaxIdleTime) ?? _idleTime;
            return true;
        }

        if (option.IsNamed(Vocabulary.MaxBatchSize))
        {
            _maxBatchSize = reader.Integer(option, PolicyLimits.MinMaxBatchSize, int.MaxValue, "messages") ?? _maxBatchSize;
            return true;
        }

        return false;
    }
}
