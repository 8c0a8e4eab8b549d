"""What people look at: figures, the numbers behind them, and one self-contained page."""
