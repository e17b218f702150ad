using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Edge.Fallback;

/// <summary>Where an edge passes sessions on to while its own cluster cannot be reached, <c>Grid:Fallback</c>.</summary>
public sealed class FallbackOptions
{
    private const string Section = "Grid:Fallback";

    /// <summary>
    /// Listeners of other datacentres, <c>HOST:PORT</c> with commas between, tried in this order from the last that worked. Default: none, and nothing is
    /// passed on.
    /// </summary>
    public string? Listeners { get; set; }

    /// <summary>
    /// PEM: the certificate that the edge shows them, with its intermediates, and its key unless <see cref="CertificateKey"/> has it. Read at the start and
    /// whenever an outage begins. Default: none.
    /// </summary>
    public string? Certificate { get; set; }

    /// <summary>PEM: the private key of <see cref="Certificate"/>. Default: none, it is in that file.</summary>
    public string? CertificateKey { get; set; }

    /// <summary>PEM: who may have issued their certificates, which must name HOST. Default: none.</summary>
    public string? Authorities { get; set; }

    /// <summary>
    /// Whether listeners off loopback are spoken to without TLS, since something else protects the way. Default: false: mail and the word on who its peer is
    /// would go in the clear.
    /// </summary>
    public bool AllowPlain { get; set; }

    /// <summary>
    /// How long the cluster must have been out of reach. Range: 1 s to 1 h. Default: 5 s: a silo that is started again or is left for another takes less, and
    /// clients that are put off for so long come again by themselves.
    /// </summary>
    public TimeSpan After { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long connecting to one listener may take, TLS included. Range: 0.1 s to 1 min. Default: 5 s: a lost segment or two of the farthest one.</summary>
    public TimeSpan ConnectTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether there is anything to pass sessions on to.</summary>
    internal bool IsOn => Listeners is not null;

    internal bool HasTls => (Certificate ?? CertificateKey ?? Authorities) is not null;

    /// <summary>What is wrong with the section, its files included: a sentence a fault.</summary>
    public IReadOnlyList<string> FindErrors()
    {
        var errors = new List<string>();
        errors.AddRange(new[]
        {
            SettingRange.Check($"{Section}:{nameof(After)}", After.TotalSeconds, 1, 3_600),
            SettingRange.Check($"{Section}:{nameof(ConnectTime)}", ConnectTime.TotalSeconds, 0.1, 60),
        }.OfType<string>());
        if (!IsOn)
        {
            if (HasTls || AllowPlain)
            {
                errors.Add($"{Section}:Certificate, {Section}:CertificateKey, {Section}:Authorities and {Section}:AllowPlain are for {Section}:Listeners.");
            }

            return errors;
        }

        var listeners = ReadListeners(errors);
        if (HasTls)
        {
            FallbackTls.TryLoad(this, errors);
            if (AllowPlain)
            {
                errors.Add($"{Section}:AllowPlain is for listeners without TLS, and {Section}:Certificate, {Section}:CertificateKey or {Section}:Authorities is set.");
            }
        }
        else if (!AllowPlain && listeners.FirstOrDefault(listener => !listener.IsLocal) is { } remote)
        {
            errors.Add($"{Section}:Listeners: {remote} is off loopback, and mail would go there in the clear: set {Section}:Certificate and {Section}:Authorities, or {Section}:AllowPlain=true if something else protects the way.");
        }

        return errors;
    }

    /// <summary>The listeners, in their order.</summary>
    internal IReadOnlyList<FallbackListener> ReadListeners(List<string> errors)
    {
        var listeners = new List<FallbackListener>();
        foreach (var text in Listeners!.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!FallbackListener.TryParse(text, out var listener))
            {
                errors.Add($"{Section}:Listeners = {Listeners}: '{text}' is not of the form HOST:PORT or [v6]:PORT.");
            }
            else if (listeners.Contains(listener))
            {
                errors.Add($"{Section}:Listeners = {Listeners}: {listener} is there twice.");
            }
            else
            {
                listeners.Add(listener);
            }
        }

        return listeners;
    }
}
