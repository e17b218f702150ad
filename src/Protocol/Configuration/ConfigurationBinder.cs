using System.Collections.Immutable;
using System.Net;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Turns a syntax tree into what takes effect. It walks the tree in the order of the file, so parts of a scope join and
/// later values shadow earlier ones, and checks every value, also one that is shadowed.
/// </summary>
internal sealed class ConfigurationBinder
{
    private readonly DiagnosticBag _diagnostics;
    private readonly OptionReader _reader;
    private readonly PolicyBinder _global;
    private readonly PolicyBinder _listener;
    private readonly GatewayBinder _gateway;
    private readonly List<Listen> _listens = [];
    private readonly Dictionary<string, Listen> _listensBySpelling = new(StringComparer.Ordinal);
    private readonly Dictionary<IPEndPoint, Listen> _listensByEndPoint = [];
    private ConfigScope? _firstListener;
    private bool _sawListen;

    private ConfigurationBinder(DiagnosticBag diagnostics)
    {
        _diagnostics = diagnostics;
        _reader = new OptionReader(diagnostics);
        _global = new PolicyBinder(_reader, Vocabulary.GlobalScope);
        _listener = new PolicyBinder(_reader, $"{Vocabulary.Listener}::");
        _gateway = new GatewayBinder(_reader, diagnostics);
    }

    /// <summary>Reads the tree, and reports all that is wrong with it; the result counts only if no error was reported.</summary>
    /// <param name="document">The tree.</param>
    /// <param name="isWhole">Whether the tree lacks nothing because of syntax errors: only then an absence is an error.</param>
    /// <param name="diagnostics">Where errors and warnings go.</param>
    public static GridConfiguration Bind(ConfigDocument document, bool isWhole, DiagnosticBag diagnostics)
    {
        var binder = new ConfigurationBinder(diagnostics);
        binder.BindGlobal(document.Children);
        if (isWhole)
        {
            binder.CheckThatSomethingListens(document);
        }

        return new GridConfiguration(
            [.. binder._listens.Select(binder.Resolve)],
            binder._gateway.Bind(),
            binder._listener.Level,
            binder._global.Level);
    }

    private void BindGlobal(ImmutableArray<ConfigNode> nodes)
    {
        foreach (var node in nodes)
        {
            switch (node)
            {
                case ConfigOption option when _global.TryBind(option) || _gateway.TryBind(option):
                    break;
                case ConfigScope scope when scope.IsNamed(Vocabulary.Listener):
                    ExpectAnonymous(scope);
                    _firstListener ??= scope;
                    BindListener(scope.Children);
                    break;
                case ConfigScope scope when scope.IsNamed(Vocabulary.Module):
                    ExpectAnonymous(scope);
                    RefuseAll(scope.Children, Vocabulary.Module);
                    break;
                default:
                    Refuse(node, Vocabulary.GlobalScope);
                    break;
            }
        }
    }

    private void BindListener(ImmutableArray<ConfigNode> nodes)
    {
        foreach (var node in nodes)
        {
            switch (node)
            {
                case ConfigOption option when _listener.TryBind(option):
                    break;
                case ConfigScope scope when scope.IsNamed(Vocabulary.Listen):
                    _sawListen = true;
                    BindListen(scope);
                    break;
                default:
                    Refuse(node, Vocabulary.Listener);
                    break;
            }
        }
    }

    private void BindListen(ConfigScope scope)
    {
        var policy = FindOrAdd(scope)?.Policy ?? new PolicyBinder(_reader, "");
        foreach (var node in scope.Children)
        {
            if (node is not ConfigOption option || !policy.TryBind(option))
            {
                Refuse(node, Vocabulary.Listen);
            }
        }
    }

    // Null if the address is bad: the content is then checked all the same.
    private Listen? FindOrAdd(ConfigScope scope)
    {
        if (scope.Instance is null)
        {
            _diagnostics.Error(
                scope.Location, "Listen needs an address, as in Listen \"127.0.0.1:1825\" { }", scope.Name, "an address");
            return null;
        }

        if (_listensBySpelling.TryGetValue(scope.Instance, out var same))
        {
            return same;
        }

        if (!ListenAddress.TryParse(scope.Instance, out var endPoint, out var error))
        {
            _diagnostics.Error(scope.InstanceLocation, error, scope.Instance, "an address and a port");
            return null;
        }

        // Port 0 is another port each time.
        if (endPoint.Port != 0 && _listensByEndPoint.TryGetValue(endPoint, out var twin))
        {
            _diagnostics.Error(
                scope.InstanceLocation,
                $"Listen \"{scope.Instance}\" is the same socket as Listen \"{twin.Scope.Instance}\" at {twin.Scope.InstanceLocation}",
                scope.Instance,
                "each socket once");
            return null;
        }

        var origin = $"{Vocabulary.Listener}::{Vocabulary.Listen}:{scope.Instance.Replace(":", "\\:", StringComparison.Ordinal)}:";
        var listen = new Listen(scope, endPoint, new PolicyBinder(_reader, origin));
        _listens.Add(listen);
        _listensBySpelling.Add(scope.Instance, listen);
        _listensByEndPoint.TryAdd(endPoint, listen);
        return listen;
    }

    private ListenEndpointOptions Resolve(Listen listen)
    {
        var level = listen.Policy.Level;
        var policy = PolicyEvaluator.Resolve([level, _listener.Level, _global.Level]);
        return new ListenEndpointOptions(listen.Scope.Instance!, listen.EndPoint, level, policy.IdleTime, policy.MaxBatchSize);
    }

    private void CheckThatSomethingListens(ConfigDocument document)
    {
        if (_firstListener is null)
        {
            _diagnostics.Error(
                new SourceLocation(document.File, 1, 1),
                "nothing would listen: expected ECStream_Listener { Listen \"127.0.0.1:1825\" { } }",
                expected: Vocabulary.Listener);
        }
        else if (!_sawListen)
        {
            _diagnostics.Error(
                _firstListener.Location,
                "nothing would listen: ECStream_Listener holds no Listen; expected for example Listen \"127.0.0.1:1825\" { }",
                _firstListener.Name,
                Vocabulary.Listen);
        }
    }

    private void ExpectAnonymous(ConfigScope scope)
    {
        if (scope.Instance is not null)
        {
            _diagnostics.Error(
                scope.InstanceLocation, $"didn't expect a name for {scope.Name}, found '{Token.Shorten(scope.Instance)}'", scope.Instance, "{");
        }
    }

    private void RefuseAll(ImmutableArray<ConfigNode> nodes, string scope)
    {
        foreach (var node in nodes)
        {
            Refuse(node, scope);
        }
    }

    private void Refuse(ConfigNode node, string scope)
    {
        // The search for a name that may have been meant costs more than the rest, and a full bag would not keep it.
        if (!_diagnostics.IsFull)
        {
            _diagnostics.Error(node.Location, Refusal(node, Token.Shorten(node.Name), scope), node.Name);
        }
    }

    private static string Refusal(ConfigNode node, string name, string scope)
    {
        if (Contains(Vocabulary.Options[scope], name))
        {
            return $"'{name}' is an option, not a scope; expected '=' and a value";
        }

        if (Contains(Vocabulary.Scopes[scope], name))
        {
            return $"'{name}' is a scope, not an option; expected '{{'";
        }

        if (Vocabulary.ScopesOf(name).ToArray() is { Length: > 0 } elsewhere)
        {
            return $"'{name}' is not valid in the {scope} scope; its place is {string.Join(" or ", elsewhere)}";
        }

        if (Vocabulary.IsMomentumOnly(name))
        {
            return $"'{name}' is known to Momentum but not supported by this version";
        }

        var suggestion = Vocabulary.Suggest(name, scope) is { } near ? $"; did you mean '{near}'?" : "";
        return node is ConfigOption
            ? $"'{name}' is not a valid option name in the {scope} scope{suggestion}"
            : $"'{name}' is not a valid scope name in the {scope} scope{suggestion}";
    }

    private static bool Contains(ImmutableArray<string> names, string name) => names.Contains(name, StringComparer.OrdinalIgnoreCase);

    private sealed record Listen(ConfigScope Scope, IPEndPoint EndPoint, PolicyBinder Policy);
}
