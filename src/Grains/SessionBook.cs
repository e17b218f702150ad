namespace EcStreamOrleans.Grains;

/// <summary>
/// The sessions of one peer as its grain knows them. The grain sees batches, not octets: by its book a session may look idle
/// while a big message trickles in, so the book only yields candidates and the edge has the last word.
/// </summary>
/// <param name="judge">What a peer may do on a Listen now, and whether it may at all, with a certificate that admits it or without.</param>
internal sealed class SessionBook(Func<string, bool, SessionStanding> judge)
{
    /// <summary>The edge, which sees every octet, closes first; the book steps in only after this much more.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>An order that no edge answers this many times: the edge is gone, and its session with it.</summary>
    public const int MaxUnansweredOrders = 3;

    private readonly Dictionary<Guid, Entry> _sessions = [];

    public int Count => _sessions.Count;

    public IEnumerable<BookedSession> Sessions => _sessions.Select(s =>
        new BookedSession(s.Key, s.Value.Listen, s.Value.Edge, s.Value.OpenedAt, s.Value.LastActivity));

    public DateTimeOffset? LastActivity { get; private set; }

    public bool Has(Guid session) => _sessions.ContainsKey(session);

    public void Open(SessionRequest request, IEdgeObserver observer, DateTimeOffset openedAt, DateTimeOffset lastActivity)
    {
        _sessions[request.Session] = new Entry(request, observer, openedAt) { LastActivity = lastActivity };
        LastActivity = lastActivity > LastActivity ? lastActivity : LastActivity ?? lastActivity;
    }

    /// <summary>The sessions as another silo's grain of the peer takes them over.</summary>
    public MovedSession[] ToMove() => [.. _sessions.Values.Select(entry => new MovedSession(entry.Request, entry.Observer, entry.OpenedAt, entry.LastActivity))];

    public void Close(Guid session) => _sessions.Remove(session);

    /// <summary>A sign of life. Null if the session is not in the book.</summary>
    public Entry? Touch(Guid session, DateTimeOffset at)
    {
        LastActivity = at > LastActivity ? at : LastActivity ?? at;
        if (!_sessions.TryGetValue(session, out var entry))
        {
            return null;
        }

        entry.LastActivity = at > entry.LastActivity ? at : entry.LastActivity;
        entry.UnansweredOrders = 0;
        return entry;
    }

    /// <summary>What the session may do now: looked up again only behind a change of policy.</summary>
    public SessionStanding StandingOf(Entry entry)
    {
        if (entry.Standing is not { IsCurrent: true })
        {
            entry.Standing = judge(entry.Listen, entry.IsAdmittedByTls);
        }

        return entry.Standing;
    }

    /// <summary>Sessions that are idle by the book. Those whose edge never answers are dropped.</summary>
    public List<(Guid Session, Entry Entry)> TakeIdle(DateTimeOffset now)
    {
        List<(Guid, Entry)> idle = [];
        foreach (var (session, entry) in _sessions)
        {
            if (entry.UnderWay == 0 && DeadlineOf(entry) <= now)
            {
                if (entry.UnansweredOrders == MaxUnansweredOrders)
                {
                    _sessions.Remove(session);
                    continue;
                }

                entry.UnansweredOrders++;
                idle.Add((session, entry));
            }
        }

        return idle;
    }

    /// <summary>When the book is worth another look; null with no session in it.</summary>
    public DateTimeOffset? NextDeadline => _sessions.Count == 0 ? null : _sessions.Values.Min(DeadlineOf);

    private DateTimeOffset DeadlineOf(Entry entry) =>
        entry.LastActivity + StandingOf(entry).IdleTime + (Grace * (1 + entry.UnansweredOrders));

    internal sealed class Entry(SessionRequest request, IEdgeObserver observer, DateTimeOffset openedAt)
    {
        private RecentSequences _passed;

        public SessionRequest Request => request;

        public string Listen => request.Listen;

        public string Edge => request.Edge;

        public bool IsAdmittedByTls => request.IsAdmittedByTls;

        public IEdgeObserver Observer { get; } = observer;

        public DateTimeOffset OpenedAt { get; } = openedAt;

        public SessionStanding? Standing { get; set; }

        public DateTimeOffset LastActivity { get; set; }

        public int UnderWay { get; set; }

        /// <summary>Whether the peer's rate has let this batch pass before: then it is asked for again.</summary>
        public bool HasPassed(long sequence) => _passed.Contains(sequence);

        /// <summary>The peer's rate has let this batch pass.</summary>
        public void Pass(long sequence) => _passed.Add(sequence);

        public int UnansweredOrders { get; set; }
    }
}
