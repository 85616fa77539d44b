"""Change the rules that hold without Flask, database or network: usernames, passwords, …"""
