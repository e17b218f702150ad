using System.Security.Authentication;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Gathers TLS for the Listens that have <c>Use_SSL</c>, and tells which TLS options do nothing: nobody may believe a listener safer than it is.</summary>
internal sealed class TlsBinder(BindingContext context)
{
    private const string NoCertificate = "none";

    private readonly HashSet<ScopeSettings> _reached = [];
    private readonly HashSet<Setting> _used = [];
    private readonly HashSet<Setting> _unused = [];

    /// <returns><see langword="null"/> without <c>Use_SSL</c>, and after an error.</returns>
    public ListenTlsOptions? Bind(string address, SettingChain chain)
    {
        if (chain.Find(OptionDefinitions.UseSsl) is not { Value: true } useSsl)
        {
            return null;
        }

        _reached.UnionWith(chain.Scopes);
        var mode = chain.Get(OptionDefinitions.TlsVerifyMode, TlsVerifyMode.Optional);
        NoteWhatVerifies(mode, chain);
        var protocols = chain.Get(OptionDefinitions.TlsProtocols, SslProtocols.None);
        WarnOfRenegotiation(protocols, chain);
        var certificate = chain.Find(OptionDefinitions.TlsCertificate);
        if (certificate is null || IsNone(certificate))
        {
            ReportNoCertificate(address, useSsl, certificate);
            return null;
        }

        var ciphers = chain.Get<ConfigScalar?>(OptionDefinitions.TlsCiphers, null);
        return new ListenTlsOptions(
            (ConfigPath)certificate.Value,
            chain.Get<ConfigPath?>(OptionDefinitions.TlsKey, null),
            chain.Get<ConfigPath?>(OptionDefinitions.TlsClientCa, null),
            ciphers?.Text,
            ciphers?.Location ?? default,
            protocols,
            mode,
            chain.Get(OptionDefinitions.TlsVerifiedPeerCanRelay, false),
            chain.Get(OptionDefinitions.TlsAllowRenegotiation, true));
    }

    /// <summary>Warns of the TLS options of a scope that do nothing; after all Listens were bound.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="idle">What to say of them if no Listen with <c>Use_SSL</c> takes from it.</param>
    public void WarnOfIdle(ScopeSettings scope, string idle)
    {
        // Use_SSL may be missing because of a syntax error.
        if (!context.IsWhole)
        {
            return;
        }

        foreach (var setting in scope.Among(OptionDefinitions.Tls))
        {
            var said = _reached.Contains(scope)
                ? _unused.Contains(setting) && !_used.Contains(setting) ? "is not used here: TLS_Verify_Mode = none asks for no certificate" : null
                : IsNone(setting) ? null : idle;
            if (said is not null)
            {
                context.WarnOnce(setting.Option, $"{setting.Option.Name} {said}");
            }
        }
    }

    private void NoteWhatVerifies(TlsVerifyMode mode, SettingChain chain)
    {
        foreach (var definition in (OptionDefinition[])[OptionDefinitions.TlsClientCa, OptionDefinitions.TlsVerifiedPeerCanRelay])
        {
            if (chain.Find(definition) is { Value: not false } setting)
            {
                (mode == TlsVerifyMode.None ? _unused : _used).Add(setting);
            }
        }
    }

    private void WarnOfRenegotiation(SslProtocols protocols, SettingChain chain)
    {
        if (protocols == SslProtocols.Tls13 && chain.Find(OptionDefinitions.TlsAllowRenegotiation) is { Value: true } setting)
        {
            context.WarnOnce(setting.Option, $"{setting.Option.Name} has no effect: TLS_Protocols leaves TLS 1.3 alone, which has no renegotiation");
        }
    }

    // The certificate may be missing because of a syntax error.
    private void ReportNoCertificate(string address, Setting useSsl, Setting? none)
    {
        if (context.IsWhole)
        {
            var reason = none is null ? "TLS_Certificate is not set" : $"TLS_Certificate is none, at {none.Option.Location},";
            context.ErrorOnce(
                useSsl.Option, $"{useSsl.Option.Name} needs a certificate: {reason} for Listen \"{address}\"; write TLS_Certificate = \"FILE.pem\"", "TLS_Certificate");
        }
    }

    private static bool IsNone(Setting setting) =>
        setting.Option.IsNamed(OptionDefinitions.TlsCertificate.Name)
        && string.Equals(((ConfigScalar)setting.Option.Value).Text, NoCertificate, StringComparison.OrdinalIgnoreCase);
}
