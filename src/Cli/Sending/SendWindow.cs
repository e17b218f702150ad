namespace EcStreamOrleans.Cli.Sending;

/// <summary>
/// How many packages may await their reply on one connection. The sender waits for room, the receiver waits until a
/// reply is owed; neither allocates unless it has to wait.
/// </summary>
internal sealed class SendWindow(int size)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _roomWaiter;
    private TaskCompletionSource? _owedWaiter;
    private int _owed;
    private bool _stopped;

    /// <summary>Waits until a package may be sent.</summary>
    /// <returns>How many may; 0 after <see cref="Stop"/>.</returns>
    public async ValueTask<int> WaitForRoomAsync()
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (_stopped)
                {
                    return 0;
                }

                if (_owed < size)
                {
                    return size - _owed;
                }

                wait = (_roomWaiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await wait;
        }
    }

    /// <summary>Waits until a reply is owed.</summary>
    /// <returns><see langword="false"/> if none is and none will be.</returns>
    public async ValueTask<bool> WaitForOwedAsync()
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (_owed > 0 || _stopped)
                {
                    return _owed > 0;
                }

                wait = (_owedWaiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await wait;
        }
    }

    /// <summary>Packages are on their way; called before they are sent, so that their replies are read meanwhile.</summary>
    public void Sent(int count)
    {
        lock (_lock)
        {
            _owed += count;
            Wake(ref _owedWaiter);
        }
    }

    public void Answered(int count)
    {
        lock (_lock)
        {
            _owed -= count;
            Wake(ref _roomWaiter);
        }
    }

    /// <summary>Nothing more will be sent. What is owed is still owed.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _stopped = true;
            Wake(ref _roomWaiter);
            Wake(ref _owedWaiter);
        }
    }

    private static void Wake(ref TaskCompletionSource? waiter)
    {
        waiter?.SetResult();
        waiter = null;
    }
}
