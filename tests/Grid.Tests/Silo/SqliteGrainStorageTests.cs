using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Silo.State;
using Orleans.Storage;

namespace EcStreamOrleans.Grid.Tests.Silo;

public sealed class SqliteGrainStorageTests : IDisposable
{
    private static readonly GrainId Grain = GrainId.Create("peer", "10.0.0.1");

    private readonly TempDirectory _directory = new();
    private readonly SqliteGrainStorage _storage;

    public SqliteGrainStorageTests() => _storage = Open();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task WhatWasNeverWritten_IsMissing()
    {
        var state = await ReadAsync(Grain);

        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Equal("", state.State!.Text);
    }

    [Fact]
    public async Task WhatIsWritten_IsRead_AlsoByAnotherInstance()
    {
        var state = new GrainState<Note>(new Note { Text = "first" });
        await _storage.WriteStateAsync("note", Grain, state);
        state.State = new Note { Text = "second" };
        await _storage.WriteStateAsync("note", Grain, state);

        var read = new GrainState<Note>(new Note());
        await Open().ReadStateAsync("note", Grain, read);

        Assert.True(read.RecordExists);
        Assert.Equal(("second", state.ETag), (read.State!.Text, read.ETag));
        Assert.False((await ReadAsync(Grain, "another")).RecordExists);
    }

    [Fact]
    public async Task AStaleWriter_IsRefused_AndChangesNothing()
    {
        var first = await ReadAsync(Grain);
        var second = await ReadAsync(Grain);
        first.State = new Note { Text = "first" };
        await _storage.WriteStateAsync("note", Grain, first);
        second.State = new Note { Text = "second" };

        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync("note", Grain, second));
        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.ClearStateAsync("note", Grain, second));
        Assert.Equal("first", (await ReadAsync(Grain)).State!.Text);
    }

    [Fact]
    public async Task OfManyWritersAtOnce_OneWins()
    {
        var states = await Task.WhenAll(Enumerable.Range(0, 16).Select(async n =>
        {
            var state = await ReadAsync(Grain);
            state.State = new Note { Text = $"{n}" };
            return state;
        }));

        var outcomes = await Task.WhenAll(states.Select(async state =>
        {
            try
            {
                await _storage.WriteStateAsync("note", Grain, state);
                return state.State!.Text;
            }
            catch (InconsistentStateException)
            {
                return null;
            }
        }));

        Assert.Equal((await ReadAsync(Grain)).State!.Text, Assert.Single(outcomes, o => o is not null));
    }

    [Fact]
    public async Task WhatIsCleared_IsMissing_AndItsEarlierWritersAreFoundOut()
    {
        var state = new GrainState<Note>(new Note { Text = "x" });
        await _storage.WriteStateAsync("note", Grain, state);
        var earlier = await ReadAsync(Grain);
        await _storage.ClearStateAsync("note", Grain, state);
        Assert.False(state.RecordExists);
        Assert.False((await ReadAsync(Grain)).RecordExists);

        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync("note", Grain, earlier));

        state.State = new Note { Text = "again" };
        await _storage.WriteStateAsync("note", Grain, state);
        Assert.Equal("again", (await ReadAsync(Grain)).State!.Text);
    }

    [Fact]
    public async Task LargeStates_AndStrangeKeys_AreKeptApart()
    {
        string[] keys = ["2001:db8::1", "10.0.0.0/8", "10.0.0.0_8", "unix", "'; DROP TABLE grain_state; --", "ä\u0001\ud83d\udce7", new string('k', 2_000)];
        foreach (var key in keys)
        {
            await _storage.WriteStateAsync("note", GrainId.Create("peer", key), new GrainState<Note>(new Note { Text = key + new string('x', 1_000_000) }));
        }

        foreach (var key in keys)
        {
            Assert.Equal(key + new string('x', 1_000_000), (await ReadAsync(GrainId.Create("peer", key))).State!.Text);
        }
    }

    private SqliteGrainStorage Open() => new(new SqliteFile(_directory.Sub("state.db")));

    private async Task<GrainState<Note>> ReadAsync(GrainId grain, string name = "note")
    {
        var state = new GrainState<Note>(new Note());
        await _storage.ReadStateAsync(name, grain, state);
        return state;
    }

    public sealed class Note
    {
        public string Text { get; set; } = "";
    }
}
