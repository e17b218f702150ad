namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Gathers the options of a socket from the parts of one scope; a later part shadows an earlier one.</summary>
internal sealed class SocketBinder(OptionReader reader)
{
    private const int MaxBufferBytes = 1 << 30;

    private bool? _enable;
    private int? _backlog;
    private int? _fileMode;
    private bool? _disableNagle;
    private int? _receiveBufferBytes;
    private int? _sendBufferBytes;

    /// <summary>The option that only a Unix socket has, if it is set here.</summary>
    public ConfigOption? UnixOnly { get; private set; }

    /// <summary>The first option that only TCP has, if one is set here.</summary>
    public ConfigOption? TcpOnly { get; private set; }

    /// <returns><see langword="false"/> if the option is not one of a socket.</returns>
    public bool TryBind(ConfigOption option)
    {
        if (option.IsNamed(Vocabulary.Enable))
        {
            _enable = reader.Boolean(option) ?? _enable;
        }
        else if (option.IsNamed(Vocabulary.Backlog))
        {
            _backlog = reader.Integer(option, 1, 65_535, "connections") ?? _backlog;
        }
        else if (option.IsNamed(Vocabulary.FileMode))
        {
            _fileMode = reader.Permissions(option) ?? _fileMode;
            UnixOnly = option;
        }
        else if (option.IsNamed(Vocabulary.ReceiveBuffer))
        {
            _receiveBufferBytes = reader.Integer(option, 0, MaxBufferBytes, "bytes") ?? _receiveBufferBytes;
            TcpOnly ??= option;
        }
        else if (option.IsNamed(Vocabulary.SendBuffer))
        {
            _sendBufferBytes = reader.Integer(option, 0, MaxBufferBytes, "bytes") ?? _sendBufferBytes;
            TcpOnly ??= option;
        }
        else
        {
            return TryBindNagle(option);
        }

        return true;
    }

    /// <summary>The one socket option that the global scope may set, too.</summary>
    public bool TryBindNagle(ConfigOption option)
    {
        if (!option.IsNamed(Vocabulary.DisableNagle))
        {
            return false;
        }

        _disableNagle = reader.Boolean(option) ?? _disableNagle;
        TcpOnly ??= option;
        return true;
    }

    /// <summary>What this scope sets, over what the outer ones do.</summary>
    public ListenSocketOptions Over(ListenSocketOptions outer) => new(
        _enable ?? outer.Enable,
        _backlog ?? outer.Backlog,
        _fileMode ?? outer.FileMode,
        _disableNagle ?? outer.NoDelay,
        _receiveBufferBytes ?? outer.ReceiveBufferBytes,
        _sendBufferBytes ?? outer.SendBufferBytes);
}
