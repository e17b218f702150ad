using EcStreamOrleans.Edge.Nodes;
using EcStreamOrleans.Grains.Nodes;

namespace EcStreamOrleans.Silo.Admin;

/// <summary>The cluster's nodes, this one included: how they are, and what each of them answers to a question.</summary>
internal sealed partial class GridNodes(NodeReporter here, NodeAnswers own, IGrainFactory grains, TimeProvider clock, ILogger<GridNodes> logger)
{
    /// <summary>How long a node may take to answer: below the patience of who asks, so that the others' answers are not lost with it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Every node as it was last heard of, this one as it is now; and why the others are not known, if they are not.</summary>
    public async Task<(IReadOnlyList<KnownNode> Nodes, string? Trouble)> GetAsync(CancellationToken cancellationToken)
    {
        var me = new KnownNode(here.Report(), TimeSpan.Zero, own);
        try
        {
            var known = await grains.GetGrain<INodesGrain>(0).GetAsync(cancellationToken).AsTask().WaitAsync(Patience, clock, cancellationToken);
            return ([me, .. known.Where(node => node.Report.Node != me.Report.Node)], null);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotAsked(error, "the book of nodes");
            return ([me], "the other nodes: the cluster cannot be asked who they are");
        }
    }

    /// <summary>Asks every node.</summary>
    /// <returns>The answers, and who has not answered.</returns>
    public async Task<(IReadOnlyList<T> Answers, IReadOnlyList<string> Missing)> AskAsync<T>(
        Func<INodeObserver, Task<T>> question, CancellationToken cancellationToken)
    {
        var (nodes, trouble) = await GetAsync(cancellationToken);
        var answers = await Task.WhenAll(nodes.Select(async node =>
        {
            try
            {
                return (IsThere: true, Answer: await question(node.Observer).WaitAsync(Patience, clock, cancellationToken));
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotAsked(error, node.Report.Node);
                return (IsThere: false, Answer: default(T)!);
            }
        }));
        return (
            [.. answers.Where(answer => answer.IsThere).Select(answer => answer.Answer)],
            [.. nodes.Zip(answers).Where(pair => !pair.Second.IsThere).Select(pair => pair.First.Report.Node), .. trouble is null ? (string[])[] : [trouble]]);
    }

    [LoggerMessage(440, LogLevel.Warning, "{Node} did not answer")]
    private partial void LogNotAsked(Exception error, string node);
}
