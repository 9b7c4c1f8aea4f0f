"""What every cog's face is made of: cards, lists, buttons, parameters and answers."""
