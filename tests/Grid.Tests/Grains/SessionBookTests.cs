using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grid.Tests.Grains;

public class SessionBookTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Guid Session = new(1, 2, 3, new byte[8]);

    private readonly LiveConfiguration _configuration = new(Loaded(60, 1));
    private readonly SessionBook _book;

    public SessionBookTests()
    {
        var policy = new LivePolicy(_configuration);
        _book = new SessionBook((listen, byTls) => new SessionStanding(policy, new Admission(new AdmissionOptions(), policy), PeerId.Unix, listen, byTls));
        _book.Open(new SessionRequest(Session, "127.0.0.1:1825", "edge"), new Deaf(), Start, Start);
    }

    [Fact]
    public void ASession_IsIdle_BehindItsTimeAndTheGrace()
    {
        Assert.Equal(At(65), _book.NextDeadline);
        Assert.Empty(_book.TakeIdle(At(64.9)));
        Assert.Equal(Session, Assert.Single(_book.TakeIdle(At(65))).Session);
    }

    [Fact]
    public void ASignOfLife_StartsTheTimeAgain()
    {
        _book.Touch(Session, At(30));

        Assert.Empty(_book.TakeIdle(At(65)));
        Assert.Single(_book.TakeIdle(At(95)));
    }

    [Fact]
    public void AnOldSignOfLife_DoesNotTurnTimeBack()
    {
        _book.Touch(Session, At(30));
        _book.Touch(Session, At(10));

        Assert.Equal(At(95), _book.NextDeadline);
        Assert.Equal(At(30), _book.LastActivity);
    }

    [Fact]
    public void WhileABatchIsUnderWay_NoSessionIsIdle()
    {
        var entry = _book.Touch(Session, Start)!;
        entry.UnderWay++;
        Assert.Empty(_book.TakeIdle(At(1_000)));
        entry.UnderWay--;
        Assert.Single(_book.TakeIdle(At(1_000)));
    }

    [Fact]
    public void ASession_WhoseEdgeNeverAnswers_IsDropped()
    {
        for (var order = 0; order < SessionBook.MaxUnansweredOrders; order++)
        {
            Assert.Single(_book.TakeIdle(At(1_000)));
        }

        Assert.Empty(_book.TakeIdle(At(1_000)));
        Assert.Equal(0, _book.Count);
    }

    [Fact]
    public void AnAnswer_KeepsTheSession()
    {
        for (var order = 1; order <= 10; order++)
        {
            Assert.Single(_book.TakeIdle(At(1_000 * order)));
            _book.Touch(Session, At((1_000 * order) - 10));
        }

        Assert.Equal(1, _book.Count);
    }

    [Fact]
    public void AnUnknownSession_IsSaidToBeUnknown() => Assert.Null(_book.Touch(Guid.NewGuid(), Start));

    [Fact]
    public void AnotherConfiguration_IsGoneByAtOnce()
    {
        Assert.Equal(At(65), _book.NextDeadline);
        _configuration.Swap(Loaded(10, 2));

        Assert.Equal(At(15), _book.NextDeadline);
    }

    private static LoadedConfiguration Loaded(int idleSeconds, long generation)
    {
        var result = ConfigurationLoader.Parse($$"""ECStream_Listener { ECStream_Idle_Time = {{idleSeconds}} Listen "127.0.0.1:1825" { } }""", "test.conf");
        return new LoadedConfiguration(result.Configuration!, result.Document!, generation);
    }

    private static DateTimeOffset At(double seconds) => Start + TimeSpan.FromSeconds(seconds);

    private sealed class Deaf : IEdgeObserver
    {
        public ValueTask CloseIdleAsync(string peer, Guid session, TimeSpan idleTime) => default;
    }
}
