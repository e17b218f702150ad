namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Gathers the options of the gateway, which make sense only together.</summary>
internal sealed class GatewayBinder(OptionReader reader, DiagnosticBag diagnostics)
{
    public const int DefaultPort = 1825;

    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(600);

    private const string Supported = "ECSTREAM, MAILDIR";
    private const int MaxPort = 65535;

    private static readonly TimeSpan MinTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(1);
    private static readonly string[] MomentumMethods = ["ESMTP", "SMTP", "LMTP", "APN", "GCM", "MM7"];

    private ConfigOption? _methodOption;
    private DeliveryMethod? _method;
    private ConfigOption? _gatewayOption;
    private ConfigScalar? _gateway;
    private int _port = DefaultPort;
    private TimeSpan _timeout = DefaultTimeout;

    /// <returns><see langword="false"/> if the option is not one of the gateway.</returns>
    public bool TryBind(ConfigOption option)
    {
        if (option.IsNamed(Vocabulary.Gateway))
        {
            (_gatewayOption, _gateway) = (option, reader.Text(option));
        }
        else if (option.IsNamed(Vocabulary.DeliveryMethod))
        {
            (_methodOption, _method) = (option, Method(option));
        }
        else if (option.IsNamed(Vocabulary.Port))
        {
            _port = reader.Integer(option, 1, MaxPort, "a TCP port") ?? _port;
        }
        else if (option.IsNamed(Vocabulary.Timeout))
        {
            _timeout = reader.Seconds(option, MinTimeout, MaxTimeout) ?? _timeout;
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>Judges the options together; <see langword="null"/> if there is no gateway or an error was reported.</summary>
    public GatewayOptions? Bind()
    {
        if (_methodOption is null)
        {
            if (_gatewayOption is not null)
            {
                diagnostics.Error(
                    _gatewayOption.Location,
                    "Gateway without Delivery_Method would mean ESMTP, which is not supported by this version; write Delivery_Method = \"ECSTREAM\"",
                    _gatewayOption.Name,
                    "Delivery_Method = \"ECSTREAM\"");
            }

            return null;
        }

        if (_gatewayOption is null)
        {
            ReportNoGateway(_methodOption);
        }

        return (_method, _gateway) switch
        {
            (DeliveryMethod.EcStream, not null) => EcStream(_gateway),
            (DeliveryMethod.Maildir, not null) => Maildir(_gateway),
            _ => null,
        };
    }

    private DeliveryMethod? Method(ConfigOption option)
    {
        if (reader.Text(option) is not { } scalar)
        {
            return null;
        }

        switch (scalar.Text.ToUpperInvariant())
        {
            case "ECSTREAM":
                return DeliveryMethod.EcStream;
            case "MAILDIR":
                return DeliveryMethod.Maildir;
            case var known when MomentumMethods.Contains(known, StringComparer.Ordinal):
                diagnostics.Error(
                    scalar.Location, $"Delivery_Method: {known} is not supported by this version; supported are {Supported}", scalar.Text, Supported);
                return null;
            default:
                diagnostics.Error(
                    scalar.Location, $"Delivery_Method: expected one of {Supported}, found '{Token.Shorten(scalar.Text)}'", scalar.Text, Supported);
                return null;
        }
    }

    private void ReportNoGateway(ConfigOption method)
    {
        if (_method == DeliveryMethod.Maildir)
        {
            diagnostics.Error(
                method.Location, "Delivery_Method MAILDIR needs a Gateway: the absolute path of the directory", method.Name, "Gateway");
        }
        else if (_method == DeliveryMethod.EcStream)
        {
            diagnostics.Warning(method.Location, "Delivery_Method has no effect without a Gateway: messages are held", method.Name);
        }
    }

    private GatewayOptions? EcStream(ConfigScalar gateway)
    {
        if (GatewayAddress.TryParse(gateway.Text, out var host, out var port, out var error))
        {
            return new GatewayOptions(DeliveryMethod.EcStream, host, port ?? _port, Directory: null, _timeout);
        }

        diagnostics.Error(gateway.Location, error, gateway.Text, "a host");
        return null;
    }

    private GatewayOptions? Maildir(ConfigScalar gateway)
    {
        if (Path.IsPathFullyQualified(gateway.Text) && !gateway.Text.Contains('\0', StringComparison.Ordinal))
        {
            return new GatewayOptions(DeliveryMethod.Maildir, Host: null, _port, gateway.Text, _timeout);
        }

        // A relative path would lead somewhere else with every working directory the process is started in.
        diagnostics.Error(
            gateway.Location,
            $"Gateway: with Delivery_Method MAILDIR expected the absolute path of a directory, found '{Token.Shorten(gateway.Text)}'",
            gateway.Text,
            "an absolute path");
        return null;
    }
}
