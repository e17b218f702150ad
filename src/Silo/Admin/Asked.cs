using System.Globalization;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Admin.Policy;

namespace EcStreamOrleans.Silo.Admin;

/// <summary>Reads what a request asks for outside of its body, and collects what is wrong with it.</summary>
internal sealed class Asked(HttpRequest request)
{
    public List<ProblemFault> Faults { get; } = [];

    /// <summary>The scope of a path and the query parameter <c>listen</c>.</summary>
    public PeerScope Scope(string block)
    {
        // Of all octets the server leaves an encoded slash alone.
        if (!PeerScope.TryParse(Query("listen"), Uri.UnescapeDataString(block), out var scope, out var error))
        {
            Fault(error);
        }

        return scope;
    }

    public string? Query(string name) => request.Query[name] is [{ Length: > 0 } value] ? value : null;

    public int Limit(int byDefault, int most) => (int)Number("limit", byDefault, 1, most);

    public double Wait() => Number("wait", PolicyDesk.DefaultWait, 0, PolicyDesk.MaxWait, isWhole: false);

    public string Reason()
    {
        var reason = Query("reason") ?? "";
        if (reason.Length > PolicyProposal.MaxReasonLength)
        {
            Fault($"reason has {reason.Length} characters; at most {PolicyProposal.MaxReasonLength} are kept.");
        }

        return reason;
    }

    public double Number(string name, double byDefault, double least, double most, bool isWhole = true)
    {
        if (Query(name) is not { } text)
        {
            return byDefault;
        }

        if (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most
            && (!isWhole || Math.Floor(number) == number))
        {
            return number;
        }

        Fault($"{name} = {OneLine.Of(text)}: must be a {(isWhole ? "whole " : "")}number from {least} to {most}.");
        return byDefault;
    }

    public DateTimeOffset? Instant(string name)
    {
        if (Query(name) is not { } text)
        {
            return null;
        }

        // A plus sign that is not encoded comes as a space.
        if (Instants.TryParse(text.Replace(' ', '+'), out var instant))
        {
            return instant;
        }

        Fault($"{name} = {OneLine.Of(text)}: must be {Instants.Form}.");
        return null;
    }

    public CidrBlock? Block(string name)
    {
        if (Query(name) is not { } text)
        {
            return null;
        }

        if (PeerScope.TryParse(null, text, out var scope, out var error))
        {
            return scope.Block;
        }

        Fault($"{name}: {error}");
        return null;
    }

    /// <summary>The version that a conditional write goes by; null if it names none.</summary>
    public long? IfMatch()
    {
        var header = request.Headers.IfMatch.ToString().Trim();
        if (header.Length == 0)
        {
            return null;
        }

        if (header is ['"', .. var inner, '"'] && long.TryParse(inner, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            return version;
        }

        Fault($"If-Match: {OneLine.Of(header)}: must be one version in quotes, such as \"17\".");
        return -1;
    }

    public void Fault(string what) => Faults.Add(new ProblemFault(null, what));
}
