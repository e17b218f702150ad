using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Turns a syntax tree into what takes effect. It walks the tree in the order of the file, so parts of a scope join and
/// later values shadow earlier ones, and checks every value, also one that is shadowed.
/// </summary>
internal sealed class ConfigurationBinder
{
    private readonly BindingContext _context;
    private readonly ScopeSettings _global;
    private readonly GatewayBinder _gateway;
    private readonly ListenerBinder _listener;
    private readonly PathwayBinder _pathways;
    private readonly AcceptBinder _accept;
    private readonly TlsBinder _tls;
    private readonly SkippedScopes _skipped;

    private ConfigurationBinder(BindingContext context)
    {
        _context = context;
        _global = new ScopeSettings(context, Vocabulary.GlobalScope, Vocabulary.GlobalScope);
        _gateway = new GatewayBinder(context.Reader, context.Diagnostics);
        _skipped = new SkippedScopes(context.Strictness, context.Diagnostics);
        _accept = new AcceptBinder(context, _skipped);
        _tls = new TlsBinder(context);
        _listener = new ListenerBinder(context, _accept, _tls);
        _pathways = new PathwayBinder(context, _skipped);
    }

    /// <summary>Reads the tree, and reports all that is wrong with it; the result counts only if no error was reported.</summary>
    /// <param name="document">The tree.</param>
    /// <param name="isWhole">Whether the tree lacks nothing because of syntax errors: only then an absence is an error.</param>
    /// <param name="strictness">What to do with an option that stands where it cannot take effect by its own rules.</param>
    /// <param name="diagnostics">Where errors and warnings go.</param>
    public static GridConfiguration Bind(
        ConfigDocument document, bool isWhole, ConfigStrictness strictness, DiagnosticBag diagnostics)
    {
        var binder = new ConfigurationBinder(new BindingContext(isWhole, strictness, diagnostics));
        binder.BindGlobal(document.Children);
        binder._listener.CheckThatSomethingListens(document);
        var configuration = binder._listener.Resolve(binder._pathways, binder._global, binder._gateway.Bind());
        binder._listener.Finish();
        binder._pathways.Finish(binder._tls);
        binder._accept.Finish();
        binder._tls.WarnOfIdle(binder._global, "skipped: no Listen of the ECStream listener has Use_SSL");
        return configuration;
    }

    private void BindGlobal(ImmutableArray<ConfigNode> nodes)
    {
        foreach (var node in nodes)
        {
            switch (node)
            {
                case ConfigOption option when _gateway.TryBind(option) || _global.TryBind(option):
                    break;
                case ConfigScope scope when TryBind(scope):
                    break;
                default:
                    if (!_skipped.TrySkip(node))
                    {
                        _context.Refusals.Refuse(node, Vocabulary.GlobalScope);
                    }

                    break;
            }
        }
    }

    private bool TryBind(ConfigScope scope)
    {
        if (scope.IsNamed(Vocabulary.Listener))
        {
            _listener.Bind(scope);
        }
        else if (scope.IsNamed(Vocabulary.Pathway))
        {
            _pathways.BindPathway(scope);
        }
        else if (scope.IsNamed(Vocabulary.PathwayGroup))
        {
            _pathways.BindGroup(scope);
        }
        else if (scope.IsNamed(Vocabulary.Module))
        {
            _context.Refusals.ExpectAnonymous(scope);
            _context.Refusals.RefuseAll(scope.Children, Vocabulary.Module);
        }
        else
        {
            return _accept.TryCollect(scope);
        }

        return true;
    }
}
